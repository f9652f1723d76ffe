// check.mjs TOOLS DIRECTORY runs html-validate and caniemail, which are in TOOLS/node_modules, over the .html files of a
// directory, and over the golden ones of the composer.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { clients, missing, validate } from './rules.mjs';

const [tools, directory] = process.argv.slice(2);
const golden = fileURLToPath(new URL('../../mail/letters/testdata', import.meta.url));
const modules = join(tools, 'node_modules');
const { HtmlValidate } = createRequire(join(modules, 'x.js'))('html-validate');
const { caniemail } = await import(pathToFileURL(join(modules, 'caniemail/dist/index.js')));

const files = [directory, golden].flatMap((from) => readdirSync(from).filter((f) => f.endsWith('.html')).map((f) => join(from, f)));
const validator = new HtmlValidate(validate);
const faults = new Map(); // sentence → files
const fault = (sentence, file) => faults.set(sentence, [...(faults.get(sentence) ?? []), basename(file)]);
const used = new Set();

const matches = (pattern, client) => pattern.endsWith('*') ? client.startsWith(pattern.slice(0, -1)) : pattern === client;

for (const file of files) {
  const html = readFileSync(file, 'utf8');
  const report = await validator.validateString(html, file);
  for (const m of report.results.flatMap((r) => r.messages)) fault(`html-validate: ${m.ruleId}: ${m.message} (${m.selector})`, file);
  for (const [client, issues] of caniemail({ clients, html }).issues.errors) {
    for (const { title } of issues) {
      const allowed = missing.find((m) => m.feature === title && m.in.some((p) => matches(p, client)));
      if (allowed) used.add(allowed);
      else fault(`caniemail: ${client} does not know: ${title}`, file);
    }
  }
}
for (const m of missing) if (!used.has(m)) fault(`rules.mjs allows what nothing needs: ${m.feature}`, 'rules.mjs');

for (const [sentence, found] of faults) console.log(`${sentence}, in ${found.length} files, the first ${found[0]}`);
if (faults.size) process.exit(1);
console.log(`${files.length} files, no error`);
