import { bullmqSuite } from './support/suite.js';

bullmqSuite('6', () => import('bullmq'));
