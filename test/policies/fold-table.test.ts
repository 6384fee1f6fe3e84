import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { DIGIT, EXTEND, FOREIGN, IGNORE, UPPER, WORD } from '#server/policies/matcher/char-class.ts'
import { classOf, foldText, isWeakAlike, lookAlikeOf } from '#server/policies/matcher/fold-table.ts'
import * as table from '#server/policies/matcher/fold-table.gen.ts'

test(
  'the generated table is what the generator makes of its sources',
  { skip: process.versions.unicode !== '17.0' },
  async () => {
    const { renderFoldTable } = (await import(new URL('../../scripts/gen-fold-table.ts', import.meta.url).href)) as {
      renderFoldTable: () => string
    }
    const rendered = renderFoldTable()
    for (const [name, value] of Object.entries(table)) {
      if (typeof value === 'string') assert.ok(rendered.includes(`export const ${name} = '${value}'`), name)
    }
    const written = readFileSync(
      new URL('../../src/server/policies/matcher/fold-table.gen.ts', import.meta.url),
      'utf8',
    )
    const bare = (text: string): string => text.replace(/[\s,]+/g, '')
    assert.equal(bare(written), bare(rendered))
  },
)

test('case, accents, ligatures and compatibility forms fold to plain letters', () => {
  const cases: [string, string][] = [
    ['Cœur ÉTÉ ÆSIR straße', 'coeur ete aesir strasse'],
    ['ĝüàrâñtéëd Łódź Škoda đ ø ħ', 'guaranteed lodz skoda d o h'],
    ['ｇｕａ 𝓰𝓾𝓪 𝔾𝕦𝕒 ⓖⓤⓐ 🅶🆄🅰 🄶🅄🄰 🅖🅤🅐', 'gua gua gua gua gua gua gua'],
    ['ɢᴜᴀʀ ᵍᵘᵃʳ rısk İ', 'guar guar risk i'],
    ['g\u0334\u0322u\u0338 gu\u200bar\u00ad\ufe0f', 'gu guar'],
    ['é e\u0301', 'e e'],
  ]
  for (const [text, folded] of cases) assert.equal(foldText(text), folded, text)
})

test('superscript digits, trade marks and circled numbers are no letters', () => {
  for (const mark of '¹²³⁴™℠®©①½') assert.equal(classOf(mark.codePointAt(0) ?? 0) & WORD, 0, mark)
})

test('every assigned invisible character is skipped, and marks belong to the letter before', () => {
  for (const char of '\u00ad\u034f\u061c\u115f\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2064\u2066\u2069\ufeff\u{e0061}\ufe0f') {
    const entry = classOf(char.codePointAt(0) ?? 0)
    // U+115F is drawn as a blank, and is read as one.
    if (char !== '\u115f') assert.notEqual(entry & IGNORE, 0, char.codePointAt(0)?.toString(16))
  }
  for (const mark of '\u0301\u0334\u20e3\u{1d165}') assert.notEqual(classOf(mark.codePointAt(0) ?? 0) & EXTEND, 0)
})

test('letters and digits are what Unicode says they are, in every script of the first two planes', () => {
  for (let cp = 0; cp < 0x20000; cp++) {
    if (cp >= 0xd800 && cp < 0xe000) continue
    const char = String.fromCodePoint(cp)
    const entry = classOf(cp)
    if (/\p{Script=Cyrillic}|\p{Script=Greek}|\p{Script=Hebrew}|\p{Script=Han}/u.test(char) && /\p{L}/u.test(char)) {
      assert.equal(entry & (WORD | FOREIGN), WORD | FOREIGN, cp.toString(16))
    }
    if (/^[0-9]$/.test(char)) assert.notEqual(entry & DIGIT, 0)
    if (/^[A-Z]$/.test(char)) assert.notEqual(entry & UPPER, 0)
  }
})

test('look-alikes are those of UTS #39, and the weaker ones are marked', () => {
  const cases: [string, string][] = [
    ['а', 'a'],
    ['с', 'c'],
    ['ѕ', 's'],
    ['ο', 'o'],
    ['α', 'a'],
    ['Ꮯ', 'C'],
    ['ԁ', 'd'],
  ]
  for (const [char, letter] of cases) {
    assert.equal(String.fromCharCode(lookAlikeOf(char.codePointAt(0) ?? 0)), letter, char)
    assert.equal(isWeakAlike(char.codePointAt(0) ?? 0), false)
  }
  for (const char of 'вяπ') assert.equal(isWeakAlike(char.codePointAt(0) ?? 0), true, char)
  for (const char of 'жб日aé') assert.equal(isWeakAlike(char.codePointAt(0) ?? 0), false, char)
})
