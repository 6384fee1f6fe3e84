import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileLexicons } from '#server/policies/matcher/compile-lexicons.ts'
import {
  LexiconError,
  type Language,
  type LexiconRule,
  type Term,
  type TextField,
} from '#server/policies/matcher/lexicon.ts'
import { matchText } from '#server/policies/matcher/match-text.ts'

type Change = Partial<LexiconRule> & { lists?: Record<string, Term[]>; kind?: TextField['kind']; post?: Language }

/** What one rule finds in a text, as the stretches of text that it lies over. */
function find(any: Term | Term[], text: string, change: Change = {}): string[] {
  const { lists = {}, kind = 'body', post, ...rest } = change
  const terms = Array.isArray(any) ? any : [any]
  const rule: LexiconRule = {
    id: 'rule',
    any: terms,
    unless: [],
    match: 'word',
    fold: ['case', 'accents'],
    evasion: 'standard',
    ...rest,
  }
  const hits = matchText(compileLexicons([rule], lists), [{ field: 'text', text, kind }], { lang: post })
  return hits.map(({ start, end }) => text.slice(start, end))
}

function refusal(term: Term, lists: Record<string, Term[]> = {}): string {
  try {
    find(term, '', { lists })
  } catch (error) {
    assert.ok(error instanceof LexiconError)
    assert.equal(error.ruleId, 'rule')
    return error.message
  }
  return assert.fail('The term compiled.')
}

test('a term is whole words, and a space takes any run of space or a hyphen', () => {
  assert.deepEqual(find('risk free', 'Risk  free, risk-free, risk\u00a0\nfree'), [
    'Risk  free',
    'risk-free',
    'risk\u00a0\nfree',
  ])
  assert.deepEqual(find('risk-free', 'risk free'), ['risk free'])
  assert.deepEqual(find('risk free', 'risk, free; risks free; risk freed; risk. Free'), [])
})

test('a star at the end of a word takes any ending', () => {
  assert.deepEqual(find('return*', 'return, returns, returned; re-turned point, upturn'), [
    'return',
    'returns',
    'returned',
    're-turned',
  ])
  assert.deepEqual(find('guarantee* return*', 'guaranteed returns'), ['guaranteed returns'])
})

test('alternatives bind loosest, NEAR and PRE next, words side by side closest', () => {
  const term = 'alpha beta NEAR/2 gamma | delta'
  assert.deepEqual(find(term, 'gamma x alpha beta'), ['gamma x alpha beta'])
  assert.deepEqual(find(term, 'gamma x beta'), [])
  assert.deepEqual(find(term, 'delta'), ['delta'])
  assert.deepEqual(find('alpha (beta | gamma)', 'alpha gamma; alpha beta; alpha'), ['alpha gamma', 'alpha beta'])
  assert.deepEqual(find('(alpha | beta) PRE/1 (gamma | delta)', 'beta x delta; delta beta'), ['beta x delta'])
  assert.deepEqual(find('alpha NEAR/1 beta PRE/0 gamma', 'beta alpha gamma'), ['beta alpha gamma'])
})

test('NEAR counts the words between, in either order, PRE in the given order, both within one sentence', () => {
  assert.deepEqual(find('alpha NEAR/2 beta', 'alpha one two beta'), ['alpha one two beta'])
  assert.deepEqual(find('alpha NEAR/2 beta', 'alpha one two three beta'), [])
  assert.deepEqual(find('alpha NEAR/2 beta', 'beta one alpha'), ['beta one alpha'])
  assert.deepEqual(find('alpha PRE/2 beta', 'beta one alpha'), [])
  assert.deepEqual(find('alpha NEAR/2 beta', 'We like alpha. Beta follows.'), [])
  assert.deepEqual(find('alpha NEAR/2 beta', 'alpha, M. beta'), ['alpha, M. beta'])
  assert.deepEqual(find('alpha NEAR/0 beta', "alpha l'beta. Alpha 8 beta"), ["alpha l'beta"])
  assert.deepEqual(find('alpha NEAR/3 beta', 'alpha beta beta alpha'), ['alpha beta', 'beta alpha'])
})

test('double quotes make everything literal', () => {
  assert.deepEqual(find('"NEAR/5"', 'near/5'), ['near/5'])
  assert.deepEqual(find('"$list"', 'cost $list and list'), ['$list'])
  assert.deepEqual(find('"a|b"', 'a|b but not a b'), ['a|b'])
  assert.deepEqual(find('"OR" house', 'or house'), ['or house'])
  assert.deepEqual(find('"sure thing" NEAR/3 profit', 'profit is a sure thing'), ['profit is a sure thing'])
})

test('symbols that a term spells are found, spaced or not', () => {
  assert.deepEqual(find('100 % sure', '100% sure and 100 % sure'), ['100% sure', '100 % sure'])
  assert.deepEqual(find('100 % sure', '１００％　ｓｕｒｅ, 1️⃣0️⃣0️⃣ % sure'), ['１００％　ｓｕｒｅ', '1️⃣0️⃣0️⃣ % sure'])
  assert.deepEqual(find('S&P 500', 'the S&P 500; SP 500'), ['S&P 500'])
  assert.deepEqual(find('24/7', 'open 24/7', { evasion: 'off' }), ['24/7'])
  assert.deepEqual(find('C++', 'C++ and C'), ['C++'])
})

test('lists expand, inside lists and rows too', () => {
  const lists: Record<string, Term[]> = { sure: ['sure', 'certain*', '$more'], more: [{ cashtag: 'WIN' }] }
  assert.deepEqual(find('$sure NEAR/1 gain', 'certainly a gain; $WIN gain', { lists }), [
    'certainly a gain',
    '$WIN gain',
  ])
  assert.deepEqual(find('not $sure yet', 'not certain yet', { lists }), ['not certain yet'])
})

test('many alternatives in a row are matched by their parts', () => {
  const many = Array.from({ length: 40 }, (_, k) => `word${k}x`)
  const lists = { many }
  assert.deepEqual(find('$many $many', 'word3x word39x; word3x, word4x', { lists }), ['word3x word39x'])
})

test('unless cancels a plain hit that it overlaps, and nothing else', () => {
  const change: Change = { unless: ['no guarantee', 'never guaranteed', 'not NEAR/1 guaranteed'] }
  assert.deepEqual(find('guarantee*', 'no guarantee, but guaranteed', change), ['guaranteed'])
  assert.deepEqual(find('guarantee*', 'not really guaranteed', change), [])
  assert.deepEqual(find('guarantee*', 'n0 guarantee', change), ['guarantee'])
  assert.deepEqual(find('guarantee*', 'n.o guarantee; never gu4ranteed', change), ['guarantee', 'gu4ranteed'])
})

test('elided articles, curly apostrophes and possessives are no part of the word', () => {
  assert.deepEqual(find('action', "l'action, L’ACTION, d’action, qu'action, jusqu’action"), [
    'action',
    'ACTION',
    'action',
    'action',
    'action',
  ])
  assert.deepEqual(find('Nordvia', "Nordvia's, Nordvia’s, d'Nordvia"), ['Nordvia', 'Nordvia', 'Nordvia'])
  assert.deepEqual(find("aujourd'hui", 'Aujourd’hui'), ['Aujourd’hui'])
  assert.deepEqual(find('hui', "aujourd'hui"), [])
  assert.deepEqual(find("don't worry", 'Don’t worry'), ['Don’t worry'])
  assert.deepEqual(find("l'info", 'l’info'), ['l’info'])
})

test('nothing is stemmed: assurance is not assuré, and endings are written out or starred', () => {
  assert.deepEqual(find('assuré', 'assurance assurée assurer assuré'), ['assuré'])
  assert.deepEqual(find('garanti', 'garantie garantis garanties'), [])
})

test('exact case tells an acronym from a verb', () => {
  const term: Term = { text: 'AI', case: 'exact' }
  assert.deepEqual(find(term, 'AI, Ai, ai, J’ai, l’AI Act, AI-led, “AI”'), ['AI', 'AI', 'AI', 'AI'])
  assert.deepEqual(find(term, 'J’AI VU et JE L’AI VU'), [])
  assert.deepEqual(find(term, 'A1 A.I. A I'), [])
})

test('case and accents count when a rule does not fold them', () => {
  assert.deepEqual(find('sûr', 'sûr sur SÛR su\u0302r', { fold: ['case'] }), ['sûr', 'SÛR', 'su\u0302r'])
  assert.deepEqual(find('Sûr', 'sûr Sûr Sur', { fold: [] }), ['Sûr'])
  assert.deepEqual(find('Orange Bank', 'Orange Bank orange bank', { fold: ['accents'] }), ['Orange Bank'])
  assert.deepEqual(find('March*', 'Marches marches', { fold: ['accents'] }), ['Marches'])
})

test('a word with near needs one of its neighbours', () => {
  const term: Term = { text: 'Orange', case: 'exact', near: { words: 3, of: ['action*', 'titre', 'bourse'] } }
  assert.deepEqual(find(term, 'L’action Orange; le jus d’Orange'), ['action Orange'])
  assert.deepEqual(find(term, 'une orange en bourse'), [])
  assert.deepEqual(find(term, 'Orange, cotée en bourse'), ['Orange, cotée en bourse'])
})

test('cashtags and hashtags need their sign, which is part of the hit', () => {
  assert.deepEqual(find({ cashtag: 'NVPH' }, 'NVPH $NVPH $nvph, $NVPHX #NVPH'), ['$NVPH', '$nvph'])
  assert.deepEqual(find({ hashtag: 'Moon' }, 'moon #moon ＃Moon #moonshot'), ['#moon', '＃Moon'])
})

test('contains finds a term inside words', () => {
  assert.deepEqual(find('guarant', 'unguaranteed GUÀRANTOR', { match: 'contains' }), ['guarant', 'GUÀRANT'])
  assert.deepEqual(find('risk free', 'derisk  freely', { match: 'contains' }), ['risk  free'])
})

test('links and addresses in a body are masked; in a field of their own they are read', () => {
  const link = 'https://example.com/guaranteed-returns?x=1'
  assert.deepEqual(find('guaranteed returns', `See ${link}.`), [])
  assert.deepEqual(find('guaranteed returns', link, { kind: 'url' }), ['guaranteed-returns'])
  assert.deepEqual(find('guaranteed', 'write to guaranteed@bank.com or (www.guaranteed.fr)'), [])
  assert.deepEqual(find('garanti', 'Un capital garanti.fr et garanti.Voilà'), ['garanti'])
})

test('a field of its own for a hashtag is cut like one', () => {
  assert.deepEqual(find('risk free', 'RiskFree', { kind: 'short' }), ['RiskFree'])
  assert.deepEqual(find('risk free', 'riskfree', { kind: 'short' }), ['riskfree'])
  assert.deepEqual(find('risk free', 'riskfree', { kind: 'body' }), [])
})

test('a rule for a language stands back only where the text clearly is in the other one', () => {
  const french: Change = { lang: 'fr' }
  const term = 'rendement* NEAR/3 garanti'
  for (const post of ['fr', 'en', undefined] as const) {
    assert.deepEqual(find(term, 'Rendement garanti', { ...french, ...(post && { post }) }), ['Rendement garanti'], post)
  }
  assert.deepEqual(
    find('gain* NEAR/3 garanti', 'Garanti BBVA gained on the news of the day', { ...french, post: 'en' }),
    [],
  )
  assert.deepEqual(find(term, 'Our offer : un rendement garanti pour vous', { ...french, post: 'en' }), [
    'rendement garanti',
  ])
  assert.deepEqual(find('guaranteed returns', 'Offre : guaranteed returns', { lang: 'en', post: 'fr' }), [
    'guaranteed returns',
  ])
})

test('of overlapping hits of a rule the longest row, and the narrowest NEAR, is told', () => {
  assert.deepEqual(find(['risk free', 'risk free profit', 'free profit'], 'a risk free profit'), ['risk free profit'])
  assert.deepEqual(find('alpha NEAR/5 beta', 'alpha one beta alpha'), ['beta alpha'])
})

test('offsets are those of each field', () => {
  const rule: LexiconRule = { id: 'r', any: ['alpha'], unless: [], match: 'word', fold: ['case'], evasion: 'standard' }
  const fields: TextField[] = [
    { field: 'text', text: '🔥 alpha', kind: 'body' },
    { field: 'alt:0', text: 'Alpha', kind: 'short' },
  ]
  assert.deepEqual(matchText(compileLexicons([rule], {}), fields, {}), [
    { rule: 0, field: 'text', start: 3, end: 8, via: 'plain' },
    { rule: 0, field: 'alt:0', start: 0, end: 5, via: 'plain' },
  ])
})

test('a term that cannot be compiled is refused with what to write instead', () => {
  const cases: [Term, RegExp][] = [
    ['alpha NEAR beta', /Write NEAR\/5/],
    ['alpha NEAR/x beta', /Write NEAR\/5/],
    ['alpha PRE/99 beta', /0 to 50/],
    ['alpha OR beta', /Write \|/],
    ['alpha AND beta', /NEAR\/10/],
    ['alpha NOT beta', /unless/],
    ['*free', /match: contains/],
    ['col*r', /with \|/],
    ['ab*', /at least 3 letters/],
    ['*', /no letter|star/],
    ['(alpha | beta', /Close the parenthesis/],
    ['alpha)', /closing parenthesis too many/],
    ['alpha |', /word is missing/],
    ['NEAR/3 alpha', /word is missing/],
    ['"alpha', /Close the double quote/],
    ['$nothing', /no list "nothing".*cashtag/],
    ['#tag', /\{ hashtag: tag \}/],
    ['', /word is missing/],
    ['…', /no letter, digit or symbol/],
    [{ cashtag: 'two words' }, /one run of letters/],
    [{ text: 'alpha', near: { words: 2, of: [] } }, /at least one word/],
  ]
  for (const [term, message] of cases) assert.match(refusal(term), message, JSON.stringify(term))
  assert.match(refusal('$a', { a: ['$b'], b: ['$a'] }), /contains itself: a → b → a/)
  assert.match(refusal('$a', { a: [] }), /is empty/)
  assert.match(refusal('$a', { a: [{ pattern: 'x+' }] }), /not in a list/)
})
