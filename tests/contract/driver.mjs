// Runs a list of calls against one client package and prints what each gave: {"value": ...} or {"error": ...}.
// Input (stdin): {"package": "artifact-6", "calls": [{"do": "uploadArtifact", "args": [...]}, ...]}
import { createRequire } from 'node:module'
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const { modules, package: name, calls, out } = JSON.parse(readFileSync(0, 'utf8'))
const require = createRequire(pathToFileURL(modules + '/'))
let library
try {
  library = require(name)
} catch (error) {
  if (error.code !== 'ERR_REQUIRE_ESM' && error.code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error
  const manifest = JSON.parse(readFileSync(`${modules}/node_modules/${name}/package.json`, 'utf8'))
  const entry = manifest.exports?.['.']
  const file = entry?.import?.default ?? entry?.import ?? entry?.default ?? manifest.main
  library = await import(pathToFileURL(`${modules}/node_modules/${name}/${file}`))
}

let target = library
if (name.startsWith('artifact')) {
  target = new library.DefaultArtifactClient()
} else if (name === 'octokit') {
  target = new library.Octokit({
    auth: process.env.GITHUB_TOKEN,
    baseUrl: process.env.GITHUB_API_URL,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  })
}

async function perform(call) {
  const path = call.do.split('.')
  const owner = path.slice(0, -1).reduce((object, key) => object[key], target)
  if (call.paginate) return await target.paginate(owner[path.at(-1)], ...call.args)
  const value = await owner[path.at(-1)](...(call.args ?? []))
  if (name !== 'octokit') return value
  const { status, headers, data } = value
  return { status, headers, data: data instanceof ArrayBuffer ? Buffer.from(data).toString('base64') : data }
}

const results = []
for (const call of calls) {
  try {
    results.push({ value: (await perform(call)) ?? null })
  } catch (error) {
    results.push({ error: error.message, name: error.name, status: error.status ?? null, body: error.response?.data ?? null })
  }
}
writeFileSync(out, JSON.stringify(results))
