export { incomingOf, type NodeListener, nodeListener } from './node-listener.js';
export { type BoardServer, type ServeOptions, serve } from './serve.js';
