import { parentPort, workerData } from 'node:worker_threads'
import { AppError } from '#server/platform/app-error.ts'
import { runTask } from './aside-tasks.ts'
import { PolicyError } from './policy-error.ts'
import { listBuffers, type PortablePolicy } from './portable-policy.ts'
import type { AsideAnswer, AsideRequest } from './run-aside.ts'

// The thread of `runAside`: does one thing, answers once.

function answer({ task, given }: AsideRequest): AsideAnswer {
  try {
    return { value: runTask(task, given as never) }
  } catch (error) {
    if (error instanceof PolicyError) return { problems: error.problems }
    if (error instanceof AppError) return { refusal: { code: error.code, sentence: error.message } }
    throw error
  }
}

const request = workerData as AsideRequest
const said = answer(request)
const isPolicy = request.task === 'compilePortable' && 'value' in said
parentPort?.postMessage(said, isPolicy ? listBuffers((said.value as PortablePolicy).matcher) : [])
