export type { Watch } from '../events.js';
export {
  type BackendCallMessage,
  diagnosticsChannels,
  type EventMessage,
  type SinkCallMessage,
} from './diagnostics-channels.js';
export {
  type BackendCall,
  type Interceptor,
  interceptBackend,
  interceptSink,
  type SinkCall,
} from './intercept.js';
export type { Telemetry, WatchedBuffer } from './telemetry.js';
