export { type ManualClock, manualClock } from './manual-clock.js';
export { type RecordingSink, recordingSink } from './recording-sink.js';
