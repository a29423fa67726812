import { launch } from '../../src/launch.js';

// Starts a server, writes its process id, and waits: for its own end.
const server = await launch({
  program: '/bin/sh',
  args: ['-c', 'echo ready; exec sleep 600'],
  ready: 'ready',
  deathSignal: 'SIGKILL',
  cwd: process.cwd(),
});
console.log(server.pid);
process.stdin.once('data', () => process.exit(3));
