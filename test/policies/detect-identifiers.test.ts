import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { IdentifierReader, type DetectorName } from '#server/policies/detectors/detect-identifiers.ts'
import { compileFormat, detectFormats } from '#server/policies/detectors/detect-record-number.ts'

const nbsp = '\u00a0'
/** Each text with the identifiers in ⟦ ⟧; none where there is none. */
const examples: Readonly<Record<DetectorName, readonly string[]>> = {
  iban: [
    'Virement sur ⟦FR76 3000 6000 0112 3456 7890 189⟧ merci',
    '⟦FR7630006000011234567890189⟧',
    'iban ⟦fr76-3000-6000-0112-3456-7890-189⟧.',
    'IBAN:⟦FR76.3000.6000.0112.3456.7890.189⟧',
    `⟦BE68${nbsp}5390${nbsp}0754${nbsp}7034⟧`,
    'Mon IBAN⟦NL91ABNA0417164300⟧!',
    '⟦GB82 WEST 1234 5698 7654 32⟧, ⟦DE89 3704 0044 0532 0130 00⟧',
    '⟦MT84 MALT 0110 0001 2345 MTLC AST0 01S⟧',
    '⟦FR14 2004 1010 0505 0001 3M02 606⟧',
    '⟦F R 7 6 3 0 0 0 6 0 0 0 0 1 1 2 3 4 5 6 7 8 9 0 1 8 9⟧',
    '⟦FR76 3000 6000 0112 3456 78\u200b90 189⟧',
    '⟦ＦＲ７６ ３０００ ６０００ ０１１２ ３４５６ ７８９０ １８９⟧',
    'FR76 3000 6000 0112 3456 7890 188',
    'FR67 3000 6000 0112 3456 7890 189',
    'FR76 3000 6000 0112 3456 7890 1899',
    'XFR7630006000011234567890189',
    'ZZ76 3000 6000 0112 3456 7890 189',
    'FR76 3000 6000 0112, 3456 7890 189',
    'Le 20 minutes: FR 20 lundi 12 mai, it 12 people',
    '(⟦GB82/WEST/1234/5698/7654/32⟧)',
    '⟦LU28🔥0019🔥4006🔥4475🔥0000⟧',
    'IBAN ⟦CH93_0076_2011_6238_5295_7⟧.',
    'Pay ⟦BE6️⃣8️⃣5️⃣3️⃣9️⃣0️⃣0️⃣7️⃣5️⃣4️⃣7️⃣0️⃣3️⃣4️⃣⟧ today',
  ],
  card: [
    'Card ⟦4111 1111 1111 1111⟧ please',
    '⟦4111-1111-1111-1111⟧',
    '⟦4111.1111.1111.1111⟧',
    `⟦4111${nbsp}1111${nbsp}1111${nbsp}1111⟧`,
    'n°⟦5555555555554444⟧.',
    'Amex: ⟦3782 822463 10005⟧',
    '⟦378282246310005⟧',
    '⟦6011 1111 1111 1117⟧ and ⟦3056 930902 5904⟧',
    '2 × ⟦4111 1111 1111 1111⟧ 12/27',
    '⟦2223 0031 2200 3222⟧',
    '⟦3530111333300000⟧',
    '⟦41 11 11 11 11 11 11 11⟧',
    '⟦4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1⟧',
    '⟦４１１１ １１１１ １１１１ １１１１⟧',
    '⟦4242/4242/4242/4242⟧',
    'no. ⟦4242_4242_4242_4242⟧!',
    '⟦5105🔥1051🔥0510🔥5100⟧',
    'Pay ⟦4️⃣2️⃣4️⃣2️⃣4️⃣2️⃣4️⃣2️⃣4️⃣2️⃣4️⃣2️⃣4️⃣2️⃣4️⃣2️⃣⟧ now',
    'Dates: 23/11/2026 24/12/2026, 25/11/2023 26/12/2023',
    '42:42 4242 | 424 | 4242',
    'Order 4111 1111 1111 1112',
    'Commande n° 1234 5678 9012 3452',
    'EAN 4006381333931',
    'SIRET 30569309025904',
    'SIRET : 732 829 320 00074',
    'JD4111111111111111',
    '4111111111111111abc',
    '41111111111111111111',
    'FR76 4111 1111 1111 1111',
    '9999 9999 9999 9995',
    'ISBN 978-2-07-036024-5',
    'Tél. 01 42 68 53 00, fax 01 42 68 53 01',
  ],
  'nir-fr': [
    'NIR ⟦2 55 08 14 168 025 38⟧',
    '⟦255081416802538⟧',
    'n°⟦2.55.08.14.168.025.38⟧!',
    `⟦2${nbsp}55${nbsp}08${nbsp}14${nbsp}168${nbsp}025${nbsp}38⟧`,
    '⟦1 84 12 76 451 089 46⟧',
    '⟦2 55 08 2A 168 025 97⟧',
    '⟦2 55 08 2b 168 025 27⟧',
    'NIR 2 55 08 14 168 025 39',
    '2 55 13 14 168 025 36',
    '2 55 08 14 168 025',
    '5 55 08 14 168 025 38',
    '2550814168025380',
    'A255081416802538',
  ],
  'ssn-us': [
    'SSN ⟦536-90-4399⟧',
    'Number ⟦123-45-6789⟧.',
    'It is ⟦536 90 4399⟧.',
    '⟦536.90.4399⟧',
    `⟦536${nbsp}90${nbsp}4399⟧`,
    '⟦536‑90‑4399⟧',
    'SSN: ⟦536904399⟧',
    'social security number ⟦536904399⟧',
    '666-12-3456',
    '000-12-3456',
    '912-12-3456',
    '536-00-4399',
    '536-90-0000',
    '078-05-1120',
    '536904399',
    'SIREN 536904399',
    '1-536-90-4399',
    '536-90-43991',
    '536-90 4399',
  ],
  email: [
    'Write to ⟦jean.dupont@example.fr⟧.',
    '⟦x+y_z@sub.example.co.uk⟧, thanks',
    'mailto:⟦a@b.io⟧',
    '<⟦anna-b@example.com⟧>',
    '@bob@mastodon.social',
    '@bob says hi @ noon',
    'a@b',
    'price@3.50',
  ],
  phone: [
    'Call ⟦+33 6 12 34 56 78⟧ now',
    '⟦06.12.34.56.78⟧',
    '⟦06 12 34 56 78⟧ ou ⟦0612345678⟧',
    '⟦(212) 555-0123⟧ or ⟦+1 (415) 555-2671⟧',
    '⟦0033612345678⟧',
    '⟦020 7946 0958⟧',
    '2025 2026 1234',
    'le 12-11-2026',
    '1 000 000 000 euros',
    'ref 12345678901234',
  ],
  'account-number': [
    'Account number ⟦12345678⟧',
    'compte n° ⟦123 456 789⟧',
    'Policy no. ⟦AB-778812⟧',
    'We opened 1200 accounts.',
    'le compte rendu du 12 mai 2026',
  ],
  'record-number': [
    'MRN ⟦00482913⟧',
    'Dossier médical n° ⟦2026-004512⟧',
    'Patient ID: ⟦7734-22190⟧',
    'patient 45 years old',
    'a record number of 1200 visitors',
  ],
  figure: [
    'up ⟦8%⟧ in 2025',
    '⟦6 %⟧ par an, ⟦3,5 M€⟧ et ⟦12 millions⟧',
    '⟦$5bn⟧, ⟦€30⟧ and 2026',
    '10 x 20 in 5 years',
    'le 12 mai à 14 h',
  ],
}

function marks(text: string, ranges: readonly (readonly [number, number])[]): string {
  let marked = ''
  let at = 0
  for (const [start, end] of ranges) {
    marked += `${text.slice(at, start)}⟦${text.slice(start, end)}⟧`
    at = end
  }
  return marked + text.slice(at)
}

for (const [name, texts] of Object.entries(examples) as [DetectorName, readonly string[]][]) {
  for (const marked of texts) {
    test(`${name} in "${marked}"`, () => {
      const text = marked.replaceAll(/[⟦⟧]/g, '')
      assert.equal(marks(text, new IdentifierReader(text, () => ['FR', 'GB', 'US']).detect(name)), marked)
    })
  }
}

function withCheck(country: string, account: string): string {
  const digits = Array.from(`${account}${country}00`, (one) => Number.parseInt(one, 36).toString()).join('')
  return `${country}${String(98n - (BigInt(digits) % 97n)).padStart(2, '0')}${account}`
}

test('Every well-made French account is found in any spacing, and no other check digits are (property)', () => {
  const digits = fc.string({
    unit: fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'),
    minLength: 23,
    maxLength: 23,
  })
  const gaps = fc.array(fc.constantFrom('', '', '', ' ', '-', '.', nbsp, '  '), { minLength: 26, maxLength: 26 })
  fc.assert(
    fc.property(digits, gaps, fc.integer({ min: 1, max: 96 }), (account, separators, shift) => {
      const iban = withCheck('FR', account)
      const spaced = Array.from(iban, (one, index) => one + (separators[index] ?? '')).join('')
      assert.equal(
        marks(`a, ${spaced}!`, new IdentifierReader(`a, ${spaced}!`, () => []).detect('iban')),
        `a, ⟦${spaced}⟧!`,
      )
      const wrong = `FR${String(((Number(iban.slice(2, 4)) - 2 + shift) % 97) + 2).padStart(2, '0')}${iban.slice(4)}`
      assert.deepEqual(new IdentifierReader(wrong, () => []).detect('iban'), [])
    }),
    { numRuns: 500 },
  )
})

test('Every social security number with its key is found, and with no other key (property)', () => {
  const part = (min: number, max: number, size: number): fc.Arbitrary<string> =>
    fc.integer({ min, max }).map((value) => String(value).padStart(size, '0'))
  fc.assert(
    fc.property(
      fc.constantFrom('1', '2', '3', '4', '7', '8'),
      part(0, 99, 2),
      part(1, 12, 2),
      fc.oneof(part(1, 95, 2), fc.constantFrom('2A', '2B')),
      part(1, 999, 3),
      part(1, 999, 3),
      fc.integer({ min: 1, max: 96 }),
      (sex, year, month, department, commune, order, shift) => {
        const number = Number(
          `${sex}${year}${month}${department.replace('2A', '19').replace('2B', '18')}${commune}${order}`,
        )
        const key = 97 - (number % 97)
        const head = [sex, year, month, department, commune, order].join(' ')
        const right = `${head} ${String(key).padStart(2, '0')}`
        assert.deepEqual(new IdentifierReader(right, () => []).detect('nir-fr'), [[0, right.length]])
        const wrong = `${head} ${String(((key - 1 + shift) % 97) + 1).padStart(2, '0')}`
        assert.deepEqual(new IdentifierReader(wrong, () => []).detect('nir-fr'), [])
      },
    ),
    { numRuns: 500 },
  )
})

test('Ranges lie in order inside any text and never split a surrogate pair (property)', () => {
  const unit = fc.constantFrom(
    '1',
    '4',
    '0',
    '9',
    'F',
    'R',
    ' ',
    '-',
    '.',
    '@',
    'a',
    '+',
    '(',
    ')',
    '𝟜',
    '😀',
    '\u200b',
    'é',
  )
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 200 }), (text) => {
      const reader = new IdentifierReader(text, () => ['FR'])
      for (const name of Object.keys(examples) as DetectorName[]) {
        let last = 0
        for (const [start, end] of reader.detect(name)) {
          assert.ok(last <= start && start < end && end <= text.length, `${name} ${start}–${end}`)
          assert.ok(!/^[\udc00-\udfff]/.test(text.slice(start)) && !/^[\udc00-\udfff]/.test(text.slice(end)))
          last = end
        }
      }
    }),
    { numRuns: 1500 },
  )
})

test('Formats of your own leave spaces and dashes to the writer', () => {
  const formats = [compileFormat('PAT-######')]
  for (const text of ['PAT-123456', 'pat 123456', 'PAT123456'])
    assert.deepEqual(detectFormats(formats, text), [[0, text.length]])
  for (const text of ['PAT-12345', 'XPAT-123456', 'PAT-1234567']) assert.deepEqual(detectFormats(formats, text), [])
})
