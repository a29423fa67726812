import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { board } from '@sluice/board';
import { nodeListener } from '@sluice/board/node';
import { AppModule } from './app.module';
import { BUFFER } from './sluice.module';

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
  app.enableShutdownHooks(); // SIGTERM closes the application, and with it the buffer.
  app.use('/sluice', nodeListener(board({ buffer: app.get(BUFFER), basePath: '/sluice' })));
  await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
  console.log(`listening on ${await app.getUrl()}`);
}

void main();
