import { Controller, Get, Inject, Param } from '@nestjs/common';
import { PageViews } from './page-views';

@Controller('pages')
export class PagesController {
  constructor(@Inject(PageViews) private readonly views: PageViews) {}

  @Get(':name')
  show(@Param('name') name: string): string {
    this.views.record(`/pages/${name}`);
    return `This is ${name}.`;
  }
}
