import { openPglite } from './support/databases.js';
import { sinkSuite } from './support/suite.js';

sinkSuite(openPglite);
