export { type ConformanceOptions, conformance } from './conformance/index.js';
export { type ManualClock, manualClock } from './manual-clock.js';
export { type RecordingSink, recordingSink } from './recording-sink.js';
export { seededRandom } from './seeded-random.js';
