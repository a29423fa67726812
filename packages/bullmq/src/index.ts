export { type BullmqOptions, bullmq } from './bullmq.js';
