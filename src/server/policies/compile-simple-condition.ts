import type { ASTNode } from '@marcbachmann/cel-js'
import type { ConditionContext } from './condition-context.ts'

type Read<T> = (context: ConditionContext) => T

// Most conditions ask for little more than the class, a topic or the unit, and are asked of every post. These run as plain
// functions, several times as fast as the interpreter. Of a whole input nothing here can fail or be unknown, so that && and
// || need none of CEL's rules for errors; a test holds both ways to the same answers. What is missing from an input is an
// error here too, never `false`.

const strings: Readonly<Record<string, Read<string>>> = {
  'post.language': ({ post }) => post.language,
  'post.communicationClass': ({ post }) => given(post.communicationClass),
  'post.audience': ({ post }) => post.audience,
  'post.format': ({ post }) => post.format,
  'author.id': ({ author }) => given(author.id),
  'author.country': ({ author }) => author.country,
}
const lists: Readonly<Record<string, Read<readonly string[]>>> = {
  'post.topics': ({ post }) => post.topics,
  'author.qualifications': ({ author }) => author.qualifications,
}
const truths: Readonly<Record<string, Read<boolean>>> = {
  'post.static': ({ post }) => given(post.static),
  'post.scheduled': ({ post }) => post.scheduled,
  evasionSuspected: (context) => context.evasionSuspected,
}

function given<T>(value: T): T {
  if (value === undefined) throw new Error('The input is not whole.')
  return value
}

/** `post.topics` of the node that reads it; '' for anything else. */
function nameOf(node: ASTNode): string {
  if (node.op === 'id') return node.args
  return node.op === '.' && node.args[0].op === 'id' ? `${node.args[0].args}.${node.args[1]}` : ''
}

/** The plain function that a checked condition is, or `undefined` where it asks for more than is known here. */
export function compileSimple(node: ASTNode): Read<boolean> | undefined {
  switch (node.op) {
    case 'value': {
      const value: unknown = node.args
      return typeof value === 'boolean' ? () => value : undefined
    }
    case 'id':
    case '.':
      return truths[nameOf(node)]
    case '!_': {
      const inner = compileSimple(node.args)
      return inner && ((context) => !inner(context))
    }
    case '&&':
    case '||': {
      const [left, right] = [compileSimple(node.args[0]), compileSimple(node.args[1])]
      if (left === undefined || right === undefined) return undefined
      return node.op === '&&'
        ? (context) => left(context) && right(context)
        : (context) => left(context) || right(context)
    }
    case '==':
    case '!=': {
      const [left, right] = [compileString(node.args[0]), compileString(node.args[1])]
      if (left === undefined || right === undefined) return undefined
      return node.op === '=='
        ? (context) => left(context) === right(context)
        : (context) => left(context) !== right(context)
    }
    case 'in':
      return compileMember(lists[nameOf(node.args[1])], node.args[0])
    case 'rcall':
      return compileMethod(node.args[0], node.args[1], node.args[2])
    default:
      return undefined
  }
}

function compileString(node: ASTNode): Read<string> | undefined {
  if (node.op !== 'value') return strings[nameOf(node)]
  const value: unknown = node.args
  return typeof value === 'string' ? () => value : undefined
}

function compileMember(
  list: Read<readonly string[]> | undefined,
  item: ASTNode | undefined,
): Read<boolean> | undefined {
  const wanted = item === undefined ? undefined : compileString(item)
  return list && wanted && ((context) => list(context).includes(wanted(context)))
}

function compileMethod(name: string, receiver: ASTNode, args: readonly ASTNode[]): Read<boolean> | undefined {
  if (name === 'contains') return compileMember(lists[nameOf(receiver)], args[0])
  if (name === 'within' && nameOf(receiver) === 'author.unit')
    return compileMember(({ author }) => author.unit.path, args[0])
  return undefined
}
