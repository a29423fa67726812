export {
  type BackendCall,
  type Fault,
  type FaultRule,
  type FaultyBackend,
  type FaultyBackendOptions,
  type FiredFault,
  faultyBackend,
} from './faulty-backend.js';
export { type ManualClock, manualClock } from './manual-clock.js';
export { type RecordingSink, recordingSink } from './recording-sink.js';
export { type RedisServer, startRedisServer } from './redis-server.js';
export { seededRandom } from './seeded-random.js';
