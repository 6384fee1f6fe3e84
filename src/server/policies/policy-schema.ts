/**
 * The policy language as JSON Schema (draft 7): published as `policies/policy.schema.json` for editors, used by the loader.
 * Each `description` finishes the sentence "write …": it is what an officer reads when a value does not fit.
 */
const identifier = {
  type: 'string',
  pattern: '^[A-Za-z][A-Za-z0-9._-]*$',
  description: 'letters, digits, dots and dashes, starting with a letter',
}
const bilingual = {
  type: 'object',
  properties: { en: { type: 'string', minLength: 1 }, fr: { type: 'string', minLength: 1 } },
  required: ['en', 'fr'],
  additionalProperties: false,
  description: 'both languages: { en: …, fr: … }',
}
const names = {
  type: 'array',
  items: { type: 'string', minLength: 1 },
  minItems: 1,
  description: 'a list of names: [one, two]',
}
const severity = { enum: ['block', 'review', 'note', 'info'], description: 'block, review or note' }
const lang = { enum: ['fr', 'en'], description: 'fr or en' }
const match = { enum: ['word', 'contains'], description: 'word or contains' }
const fold = {
  type: 'array',
  items: { enum: ['case', 'accents'] },
  uniqueItems: true,
  description: '[case, accents], [case], [accents] or []',
}
const evasion = { enum: ['off', 'standard', 'strict'], description: 'off, standard or strict' }
const day = {
  type: 'string',
  pattern: '^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2})?$',
  description: 'a day (2026-12-15) or a local time (2026-12-15T18:00)',
}
const time = { type: 'string', pattern: '^([01]\\d|2[0-4]):[0-5]\\d$', description: 'a time of day in quotes: "18:00"' }
const yearDay = { type: 'string', pattern: '^\\d{2}-\\d{2}$', description: 'month and day in quotes: "12-24"' }
const condition = {
  type: 'string',
  minLength: 1,
  description: 'a condition in quotes, as in \'post.static && post.communicationClass == "retail"\'',
}

const near = {
  type: 'object',
  properties: {
    words: { type: 'integer', minimum: 0, maximum: 50 },
    of: { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
  },
  required: ['words', 'of'],
  additionalProperties: false,
}
const termObject = {
  type: 'object',
  properties: {
    text: { type: 'string', minLength: 1 },
    case: { enum: ['exact', 'fold'] },
    near,
    cashtag: { type: 'string', minLength: 1 },
    hashtag: { type: 'string', minLength: 1 },
  },
  additionalProperties: false,
  minProperties: 1,
}
const term = {
  anyOf: [{ type: 'string', minLength: 1 }, termObject],
  description:
    'a term: text (numbers in quotes), { text: …, case: exact, near: { words: 3, of: […] } }, { cashtag: … } or { hashtag: … }',
}
const terms = { type: 'array', items: term, minItems: 1, description: 'a list of terms: [first term, second term]' }

const scope = {
  type: 'object',
  properties: {
    units: names,
    networks: names,
    countries: names,
    communicationClass: names,
    audience: names,
    topics: names,
  },
  additionalProperties: false,
  minProperties: 1,
  description:
    '{ units: […], networks: […], countries: […], communicationClass: […], audience: […], topics: […] }, at least one of them',
}
const oneOrMoreNames = { anyOf: [{ type: 'string', minLength: 1 }, names], description: 'a name or a list of names' }
const requirement = {
  type: 'object',
  properties: {
    disclosure: oneOrMoreNames,
    visible: { enum: ['anywhere', 'beforeTruncation'], description: 'anywhere or beforeTruncation' },
    sources: { enum: ['always', 'forFigures'], description: 'always or forFigures' },
    hashtag: oneOrMoreNames,
    link: { anyOf: [{ const: true }, names], description: 'true, or a list of hosts: [example.com]' },
    altText: { const: true, description: 'true' },
    fits: { const: true, description: 'true' },
    lasting: { const: true, description: 'true' },
    training: { const: true, description: 'true' },
    qualification: oneOrMoreNames,
  },
  additionalProperties: false,
  minProperties: 1,
  description: '{ disclosure: name, visible: beforeTruncation } or another requirement of policies/README.md',
}
const hosts = {
  type: 'object',
  properties: { allow: names, deny: names, https: { const: true } },
  additionalProperties: false,
  minProperties: 1,
  description: '{ allow: [example.com] } or { deny: [example.com] } or { https: true }',
}
const handles = {
  type: 'object',
  properties: { allow: names, deny: names },
  additionalProperties: false,
  minProperties: 1,
  description: "{ allow: ['@name'] } or { deny: ['@name'] }",
}
const patternObject = {
  type: 'object',
  properties: {
    regex: { type: 'string', minLength: 1 },
    literal: { type: 'string', minLength: 2 },
    case: { enum: ['exact', 'fold'] },
  },
  required: ['regex', 'literal'],
  additionalProperties: false,
  description: "{ regex: 'ISIN [A-Z]{2}[A-Z0-9]{9}[0-9]', literal: ISIN }",
}
const detectorName = {
  enum: ['iban', 'card', 'nir-fr', 'ssn-us', 'email', 'phone', 'account-number', 'record-number', 'figure'],
  description: 'iban, card, nir-fr, ssn-us, email, phone, account-number, record-number or figure',
}
const example = {
  type: 'object',
  properties: {
    hit: { type: 'string', minLength: 1 },
    pass: { type: 'string' },
    lang,
    with: { type: 'object', description: 'parts of the input, as in with: { post: { static: true } }' },
  },
  additionalProperties: false,
  oneOf: [{ required: ['hit'] }, { required: ['pass'] }],
  description: '{ hit: "text with the ⟦hit⟧ marked" } or { pass: "text that must not be hit" }',
}
const rule = {
  type: 'object',
  properties: {
    id: identifier,
    clause: { type: 'string', minLength: 1 },
    severity,
    mode: { enum: ['enforce', 'warn', 'audit'], description: 'enforce, warn or audit' },
    lang,
    match,
    fold,
    evasion,
    any: terms,
    unless: terms,
    detector: {
      anyOf: [detectorName, { type: 'array', items: detectorName, minItems: 1 }],
      description: detectorName.description,
    },
    formats: {
      ...names,
      description: "a list of formats in quotes: ['MRN #######'] (# a digit, @ a letter, * either)",
    },
    pattern: {
      anyOf: [patternObject, { type: 'array', items: patternObject, minItems: 1 }],
      description: patternObject.description,
    },
    fields: {
      type: 'array',
      items: { enum: ['text', 'linkText', 'url', 'altText'] },
      minItems: 1,
      description: 'a list from text, linkText, url and altText',
    },
    when: condition,
    scope,
    require: requirement,
    links: hosts,
    mentions: handles,
    message: bilingual,
    suggestion: bilingual,
    tests: { type: 'array', items: example },
  },
  required: ['id'],
  additionalProperties: false,
  description: '{ id: …, any: […] }',
}
const calendar = {
  type: 'object',
  properties: {
    zone: { type: 'string', minLength: 1, description: 'a time zone such as Europe/Paris' },
    periods: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: { from: day, to: day },
        required: ['from', 'to'],
        additionalProperties: false,
        description: '{ from: 2026-12-15, to: 2027-02-10 }',
      },
    },
    yearly: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: { from: yearDay, to: yearDay },
        required: ['from', 'to'],
        additionalProperties: false,
        description: "{ from: '12-24', to: '01-02' }",
      },
    },
    weekly: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: {
          days: {
            type: 'array',
            minItems: 1,
            items: { enum: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] },
            description: 'days: [mon, tue]',
          },
          from: time,
          to: time,
        },
        required: ['days'],
        additionalProperties: false,
        description: "{ days: [sat, sun] } or { days: [mon], from: '18:00', to: '24:00' }",
      },
    },
  },
  required: ['zone'],
  minProperties: 2,
  additionalProperties: false,
  description: '{ zone: Europe/Paris, periods: [{ from: …, to: … }] }',
}
const disclosure = {
  type: 'object',
  properties: { any: terms, match, fold, text: bilingual },
  required: ['any'],
  additionalProperties: false,
  description: '{ any: [accepted wording, another wording], text: { en: …, fr: … } }',
}
const stage = {
  type: 'object',
  properties: {
    name: identifier,
    need: { type: 'integer', minimum: 1, maximum: 10 },
    qualification: { type: 'string', minLength: 1 },
    unit: { type: 'string', minLength: 1 },
  },
  required: ['name'],
  additionalProperties: false,
  description: '{ name: compliance, need: 1 }',
}
const route = {
  type: 'object',
  properties: {
    name: identifier,
    when: condition,
    otherwise: { const: true, description: 'true' },
    stages: { type: 'array', items: stage, description: 'a list of stages: [{ name: compliance, need: 1 }]' },
    sample: {
      anyOf: [
        { type: 'number', minimum: 0, maximum: 1 },
        { type: 'string', pattern: '^\\d{1,3}(\\.\\d+)? ?%$' },
      ],
      description: 'a share such as 5% or 0.05',
    },
  },
  required: ['stages'],
  additionalProperties: false,
  description: "{ when: '…', stages: [{ name: compliance, need: 1 }] }",
}
const policyCase = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1 },
    with: { type: 'object' },
    expect: {
      type: 'object',
      properties: {
        verdict: { enum: ['pass', 'review', 'block'] },
        findings: { type: 'array', items: { type: 'string' } },
        stages: { type: 'array', items: { type: 'string' } },
      },
      additionalProperties: false,
      minProperties: 1,
    },
  },
  required: ['name', 'with', 'expect'],
  additionalProperties: false,
  description: '{ name: …, with: { post: { text: … } }, expect: { verdict: pass } }',
}

/** A policy file, or a file of cases. */
export const policySchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Containment gateway policy file',
  type: 'object',
  properties: {
    policy: identifier,
    version: { anyOf: [{ type: 'string' }, { type: 'number' }] },
    title: bilingual,
    regulator: { type: 'string' },
    defaults: {
      type: 'object',
      properties: { match, fold, evasion, severity, lang, clause: { type: 'string' }, mode: rule.properties.mode },
      additionalProperties: false,
      description: '{ match: word, fold: [case, accents], evasion: standard }',
    },
    lists: { type: 'object', propertyNames: { pattern: '^[A-Za-z][A-Za-z0-9_-]*$' }, additionalProperties: terms },
    calendars: {
      type: 'object',
      propertyNames: { pattern: '^[A-Za-z][A-Za-z0-9_-]*$' },
      additionalProperties: calendar,
    },
    disclosures: {
      type: 'object',
      propertyNames: { pattern: '^[A-Za-z][A-Za-z0-9_-]*$' },
      additionalProperties: disclosure,
    },
    rules: { type: 'array', items: rule, description: 'a list of rules, each beginning with "- id:"' },
    routes: { type: 'array', items: route, description: 'a list of routes' },
    cases: { type: 'array', items: policyCase, description: 'a list of cases' },
  },
  required: ['policy'],
  additionalProperties: false,
} as const
