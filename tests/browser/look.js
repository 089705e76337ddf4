// Opens pages of `agentos report` in headless Chromium: `node look.js CHROMIUM OUT PAGE…`. In both themes, on a desk, on a telephone and on
// paper: no error, no request but for the file itself, nothing for axe to complain about, nothing that sticks out of the window.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { chromium } = require('playwright-core');

const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const [program, out, ...pages] = process.argv.slice(2);
const sizes = { desk: { width: 1200, height: 900 }, narrow: { width: 360, height: 740 } };
const complaints = [];

/** Opens a page as a reader does and notes everything that goes wrong. */
async function look(browser, file, colorScheme, size) {
  const name = `${path.basename(file, '.html')}-${colorScheme}-${size}`;
  const complain = (what) => complaints.push(`${name}: ${what}`);
  const context = await browser.newContext({ colorScheme, viewport: sizes[size] });
  const page = await context.newPage();
  const url = pathToFileURL(path.resolve(file)).href;
  page.on('console', (message) => complain(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complain(`error: ${error.message}`));
  page.on('dialog', (dialog) => { complain(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => { if (request.url() !== url) complain(`request: ${request.url()}`); });
  await page.goto(url);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 0) complain(`${wide} px wider than the window`);
  const plain = await page.evaluate(() => [...document.querySelectorAll('svg *')]
    .filter((node) => ['fill', 'stroke'].some((name) => (node.getAttribute(name) ?? '').startsWith('#'))).length);
  if (plain > 0) complain(`${plain} shapes whose colour is not the theme's`);
  await page.screenshot({ path: path.join(out, `${name}.png`), fullPage: true, caret: 'initial', animations: 'allow' });
  // With the tables open, since what is folded up is not looked at.
  await page.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  for (const rule of found.violations) {
    complain(`axe ${rule.id}: ${rule.help}: ${rule.nodes.map((node) => node.html).slice(0, 3).join(' | ')}`);
  }
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wider > 0) complain(`${wider} px wider than the window with its tables open`);
  if (size === 'desk' && colorScheme === 'dark') {
    await page.pdf({ path: path.join(out, `${path.basename(file, '.html')}.pdf`), format: 'A4' });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    const ink = await page.evaluate(() => getComputedStyle(document.body).color);
    if (ink !== 'rgb(0, 0, 0)') complain(`prints in ${ink}`);
  }
  console.log(`${name}: ${found.passes.length} rules of axe passed, ${found.violations.length} broken`);
  await context.close();
}

async function main() {
  const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  try {
    for (const file of pages) {
      for (const scheme of ['light', 'dark']) {
        for (const size of Object.keys(sizes)) await look(browser, file, scheme, size);
      }
    }
  } finally {
    await browser.close();
  }
  complaints.forEach((line) => console.log(`COMPLAINT ${line}`));
  console.log(`looked at ${pages.length} pages: ${complaints.length} complaints`);
  process.exitCode = complaints.length === 0 && pages.length > 0 ? 0 : 1;
}

main();
