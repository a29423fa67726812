import { Module } from '@nestjs/common';
import { PageViews } from './page-views';
import { PagesController } from './pages.controller';
import { SluiceModule } from './sluice.module';

@Module({ imports: [SluiceModule], controllers: [PagesController], providers: [PageViews] })
export class AppModule {}
