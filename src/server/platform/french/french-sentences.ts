/**
 * One room's sentences: the English one, as the room writes and archives it, leads to the French one. A hole `{name}`
 * stands for a value; `{status}` and `{other status}` hold a word of the closed vocabularies, `{sentence}` another
 * sentence, and both are said in French too.
 */
export type FrenchSentences = Readonly<Record<string, string>>
