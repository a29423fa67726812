export { default } from './sound.js';
