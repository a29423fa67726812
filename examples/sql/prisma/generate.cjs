// Generates the client, as `prisma generate` does, but without the engine that the command line downloads first.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { PrismaClientTsGenerator } = require('@prisma/client-generator-ts');
const { getConfig, getDMMF } = require('@prisma/internals');

async function generate() {
  const schemaPath = join(__dirname, 'schema.prisma');
  const datamodel = readFileSync(schemaPath, 'utf8');
  const [
    dmmf,
    {
      generators: [generator],
      datasources,
    },
  ] = await Promise.all([getDMMF({ datamodel }), getConfig({ datamodel })]);
  if (generator === undefined) throw new Error(`${schemaPath} has no generator.`);
  generator.output = { fromEnvVar: null, value: join(__dirname, 'generated') };
  await new PrismaClientTsGenerator().generate({
    generator,
    otherGenerators: [],
    schemaPath,
    datamodel,
    dmmf,
    datasources,
    version: '',
    binaryPaths: {},
  });
}

void generate();
