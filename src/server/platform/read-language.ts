import type { FastifyRequest } from 'fastify'
import type { Language } from '#shared/api/common.ts'

/** The reader's language from Accept-Language (RFC 9110 section 12.5.4): French when it comes before English. */
export function readLanguage(request: Pick<FastifyRequest, 'headers'>): Language {
  const wishes = (request.headers['accept-language'] ?? '')
    .toLowerCase()
    .split(',')
    .map(readWish)
    .sort((a, b) => b.weight - a.weight)
  return wishes.find((wish) => wish.language === 'fr' || wish.language === 'en')?.language === 'fr' ? 'fr' : 'en'
}

function readWish(text: string): { language: string; weight: number } {
  const [tag = '', ...parameters] = text.trim().split(';')
  const quality = parameters.find((parameter) => parameter.trim().startsWith('q='))
  return { language: tag.split('-')[0] ?? '', weight: quality === undefined ? 1 : Number(quality.trim().slice(2)) || 0 }
}
