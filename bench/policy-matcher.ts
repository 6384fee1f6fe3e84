/**
 * The lexicon matcher beside npm's Aho–Corasick engines, a V8 RegExp alternation and an RE2 set, in one run, as ratios.
 *
 * Ours reads raw text, resists evasion and gives true spans; the others get text that was normalised for them, and that
 * work is not counted. Scans by the clock, best of several short interleaved rounds (a thread's CPU time is counted in ticks
 * that are as long as a round); builds by CPU time. On a loaded machine read the ratios. RE2 is the port re2js: the native
 * `re2` builds itself when it is installed, which this repository does not allow.
 * `node bench/policy-matcher.ts [--quick | --all]`.
 */
import { createRequire } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { AhoCorasick as MonyoneFast } from '@monyone/aho-corasick/fast'
import { AhoCorasick as Monyone } from '@monyone/aho-corasick'
import ModernAhoCorasick from 'modern-ahocorasick'
import ModernFast from 'modern-ahocorasick/fast'
import { RE2Set } from 're2js'
import { compileLexicons } from '#server/policies/matcher/compile-lexicons.ts'
import type { EvasionLevel } from '#server/policies/matcher/lexicon.ts'
import { matchText } from '#server/policies/matcher/match-text.ts'

interface Engine {
  name: string
  /** Compiles the terms; answers a function that scans one post and counts what it finds. */
  build: (terms: string[]) => (text: string) => number
  raw: boolean
  most: number
  /** Of so many posts one is scanned: an engine that takes milliseconds for each would hold everything up. */
  oneOf?: number
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const require = createRequire(import.meta.url)
const OldAhoCorasick = require('ahocorasick') as new (terms: string[]) => { search: (text: string) => unknown[] }
const NodeAhoCorasick = require('aho-corasick-node') as {
  builder: () => { add: (term: string) => void; build: () => { match: (text: string) => unknown[] } }
}
const quick = process.argv.includes('--quick')
const all = process.argv.includes('--all')
const ROUNDS = quick ? 3 : 15
const SHARE_OF_HITS = 0.02
const LETTERS = 200_000

function seed(state: number): () => number {
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const SMALL =
  "the of and to in is our for with on we you are this that your at by more from will have new not it as be la le les de des et un une du en pour nous vous est dans sur avec au qui plus ce pas l'an d'un qu'il c'est n'est aujourd'hui été déjà très après première société marché".split(
    ' ',
  )
const SYLLABLES =
  'an ber cour dan el fon gre hal in jor kel lan mar nor ol per quin ros san tel ur ven wil yor zan tion ment ique eur age able ance ence ité ère ois aux eau ing ed er ly ness ful cap val ren bon tax ban cré dit pla cem épar gne inv est tit act ob lig'.split(
    ' ',
  )

/** Words as they are in posts: a few small ones most of the time, thousands of others by Zipf. */
function makeVocabulary(random: () => number, size: number): string[] {
  const words = new Set<string>(SMALL)
  while (words.size < size) {
    const count = 2 + Math.floor(random() * 3)
    words.add(Array.from({ length: count }, () => SYLLABLES[Math.floor(random() * SYLLABLES.length)]).join(''))
  }
  return Array.from(words)
}

function zipf(random: () => number, size: number): number {
  return Math.min(size - 1, Math.floor(size ** random()) - 1)
}

/** Names and phrases of one to three words; one in five is made of words that posts use too. */
function makeTerms(random: () => number, vocabulary: string[], count: number): string[] {
  const known = new Set(vocabulary)
  const names = makeVocabulary(random, 60_000).filter((word) => !known.has(word))
  const terms = new Set<string>()
  while (terms.size < count) {
    const common = random() < 0.2
    const length = common ? 2 + Math.floor(random() * 2) : 1 + Math.floor(random() * 3)
    const pick = (): string => {
      const from = common ? vocabulary : names
      return from[Math.floor(random() * from.length)] ?? ''
    }
    const term = normalise(Array.from({ length }, pick).join(' ').replaceAll("'", ' '))
    if (term.length >= 6) terms.add(term)
  }
  return Array.from(terms)
}

function normalise(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}

function makePosts(
  random: () => number,
  vocabulary: string[],
  terms: string[],
  count: number,
  length: number,
): string[] {
  return Array.from({ length: count }, () => {
    let text = ''
    let start = true
    while (text.length < length) {
      const word = vocabulary[zipf(random, vocabulary.length)] ?? ''
      text += start || random() < 0.06 ? word.charAt(0).toUpperCase() + word.slice(1) : word
      const mark = random()
      start = mark < 0.07
      text +=
        mark < 0.07
          ? '. '
          : mark < 0.12
            ? ', '
            : mark < 0.13
              ? '-'
              : mark < 0.135
                ? ' 🚀 '
                : mark < 0.14
                  ? ' : '
                  : mark < 0.145
                    ? ' 8,5 % '
                    : mark < 0.15
                      ? ' #Finance '
                      : ' '
    }
    if (random() >= SHARE_OF_HITS) return text
    const at = text.indexOf(' ', Math.floor(random() * (length - 60)))
    return `${text.slice(0, at)} ${terms[Math.floor(random() * terms.length)]}${text.slice(at)}`
  })
}

function ours(evasion: EvasionLevel): Engine['build'] {
  return (terms) => {
    const matcher = compileLexicons(
      [{ id: 'bench', any: terms, unless: [], match: 'word', fold: ['case', 'accents'], evasion }],
      {},
    )
    return (text) => matchText(matcher, [{ field: 'text', text, kind: 'body' }], {}).length
  }
}

const escape = (term: string): string => term.replace(/[^\w ]/g, '\\$&')
const ENGINES: Engine[] = [
  { name: 'ours, evasion-resistant', raw: true, most: Infinity, build: ours('standard') },
  { name: 'ours, plain view', raw: true, most: Infinity, build: ours('off') },
  {
    name: 'modern-ahocorasick',
    raw: false,
    most: Infinity,
    build: (terms) => {
      const engine = new ModernAhoCorasick(terms)
      return (text) => engine.search(text).length
    },
  },
  {
    name: 'modern-ahocorasick/fast',
    raw: false,
    most: Infinity,
    build: (terms) => {
      const engine = new ModernFast(terms)
      return (text) => engine.search(text).length
    },
  },
  {
    name: 'aho-corasick-node',
    raw: false,
    most: Infinity,
    build: (terms) => {
      const builder = NodeAhoCorasick.builder()
      for (const term of terms) builder.add(term)
      const engine = builder.build()
      return (text) => engine.match(text).length
    },
  },
  {
    name: 'ahocorasick',
    raw: false,
    most: Infinity,
    build: (terms) => {
      const engine = new OldAhoCorasick(terms)
      return (text) => engine.search(text).length
    },
  },
  {
    name: '@monyone/aho-corasick',
    raw: false,
    most: Infinity,
    build: (terms) => {
      const engine = new Monyone(terms)
      return (text) => engine.matchInText(text).length
    },
  },
  {
    name: '@monyone/aho-corasick/fast',
    raw: false,
    // Its build at 100,000 terms takes more than five minutes.
    most: all ? Infinity : 10_000,
    build: (terms) => {
      const engine = new MonyoneFast(terms)
      return (text) => engine.matchInText(text).length
    },
  },
  {
    name: 're2js RE2Set, no spans',
    raw: false,
    most: 1_000,
    oneOf: 50,
    build: (terms) => {
      const set = new RE2Set(RE2Set.UNANCHORED, 0, 64 << 20)
      for (const term of terms) set.add(`\\b${escape(term)}\\b`)
      set.compile()
      return (text) => set.match(text).length
    },
  },
  {
    name: 'V8 RegExp alternation',
    raw: false,
    most: quick ? 10_000 : Infinity,
    build: (terms) => {
      const pattern = new RegExp(`\\b(?:${terms.map(escape).join('|')})\\b`, 'g')
      return (text) => {
        let count = 0
        pattern.lastIndex = 0
        while (pattern.exec(text) !== null) count++
        return count
      }
    },
  },
]

function cpu(work: () => void): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1e6
}

function heap(): number {
  for (let times = 0; times < 3; times++) collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

interface Row {
  name: string
  build: number
  memory: number
  rates: number[]
}

const sink = { found: 0 }

/** Posts a second at each length, for engines that are all alive at once: their rounds are interleaved. */
function measure(terms: string[], corpora: { raw: string[]; plain: string[] }[]): Row[] {
  const engines = ENGINES.filter((engine) => terms.length <= engine.most)
  const rows: Row[] = []
  const scans = engines.map((engine) => {
    const before = heap()
    let scan: (text: string) => number = () => 0
    const build = cpu(() => {
      scan = engine.build(terms)
      // A RegExp is compiled when it first runs.
      sink.found += scan('warm up')
    })
    rows.push({ name: engine.name, build, memory: (heap() - before) / 1e6, rates: corpora.map(() => 0) })
    return scan
  })
  corpora.forEach((corpus, length) => {
    for (let round = 0; round < ROUNDS; round++) {
      scans.forEach((scan, index) => {
        const engine = engines[index] as Engine
        const texts = engine.raw ? corpus.raw : corpus.plain
        const posts = engine.oneOf === undefined ? texts : texts.filter((_, at) => at % (engine.oneOf ?? 1) === 0)
        const start = performance.now()
        for (const post of posts) sink.found += scan(post)
        const seconds = (performance.now() - start) / 1_000
        const row = rows[index] as Row
        row.rates[length] = Math.max(row.rates[length] ?? 0, posts.length / seconds)
      })
    }
  })
  return rows
}

const LENGTHS = [280, 3_000, 10_000]
const random = seed(42)
const vocabulary = makeVocabulary(random, 20_000)
for (const count of [1_000, 10_000, 100_000]) {
  const terms = makeTerms(random, vocabulary, count)
  const corpora = LENGTHS.map((length) => {
    const raw = makePosts(random, vocabulary, terms, Math.ceil(LETTERS / length) * (quick ? 1 : 3), length)
    return { raw, plain: raw.map(normalise) }
  })
  const rows = measure(terms, corpora)
  const [first] = rows
  console.log(
    `\n${count} terms${' '.repeat(22)}build s    MB    ${LENGTHS.map((length) => `${length} chars/s  ours ×`.padStart(22)).join('')}`,
  )
  for (const row of rows) {
    const rates = row.rates.map(
      (rate, k) =>
        `${Math.round(rate).toLocaleString('en').padStart(13)}${((first?.rates[k] ?? 0) / rate).toFixed(2).padStart(9)}`,
    )
    console.log(
      `${row.name.padEnd(28)}${row.build.toFixed(2).padStart(7)}${row.memory.toFixed(1).padStart(8)}    ${rates.join('')}`,
    )
  }
  for (const fast of [false, true]) {
    const others = rows.filter(({ name }) => /aho/i.test(name) && (fast || !name.endsWith('/fast')))
    const ratio = (first?.rates[0] ?? 0) / Math.max(...others.map(({ rates }) => rates[0] ?? 0))
    console.log(
      `evasion-resistant × the fastest npm Aho–Corasick${fast ? ', double-array variants too' : ''}: ${ratio.toFixed(2)}`,
    )
  }
}
if (sink.found < 0) console.log(sink.found)
