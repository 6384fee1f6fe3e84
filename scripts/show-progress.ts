/** A progress bar on a terminal, and one line every tenth elsewhere. */
export interface Progress {
  step(): void
  end(): void
}

export function showProgress(title: string, total: number): Progress {
  const width = 30
  let done = 0
  let told = -1
  const draw = () => {
    const share = total === 0 ? 1 : done / total
    const bar = '█'.repeat(Math.round(share * width)).padEnd(width, '░')
    if (process.stdout.isTTY) return process.stdout.write(`\r${title.padEnd(28)} ${bar} ${done} of ${total}  `)
    const tenth = Math.floor(share * 10)
    if (tenth === told) return true
    told = tenth
    return process.stdout.write(`${title}: ${done} of ${total}\n`)
  }
  draw()
  return {
    step() {
      done++
      draw()
    },
    end() {
      if (process.stdout.isTTY) process.stdout.write('\n')
    },
  }
}
