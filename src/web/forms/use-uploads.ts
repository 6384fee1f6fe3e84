import { useEffect, useRef, useState } from 'react'
import type { Media } from '#shared/api/posts.ts'
import { mediaAtMost, mediaBytesAtMost, mediaTypes } from '#shared/media-limits.ts'
import { CallError } from '#web/api/call.ts'
import { sendFile } from '#web/api/send-file.ts'

/** A file on its way, or one that did not arrive. `refusal` is an error code, or `too_many`. */
export interface Upload {
  readonly key: number
  readonly name: string
  readonly share: number
  readonly refusal?: { readonly code: string; readonly words: string }
}

export interface Uploads {
  readonly items: readonly Upload[]
  readonly busy: boolean
  /** True while files hang over the page. */
  readonly hovered: boolean
  add(files: Iterable<File>): void
  /** Ends an upload, or forgets one that was refused. */
  dismiss(key: number): void
}

/**
 * The uploads of a composer: one file after the other, in the order in which they were given. Files may also be dropped
 * anywhere on the page or pasted; a stray drop never replaces the page and what is written on it.
 */
export function useUploads(attached: number, onStored: (media: Media) => void): Uploads {
  const [items, setItems] = useState<readonly Upload[]>([])
  const [hovered, setHovered] = useState(false)
  const line = useRef(Promise.resolve())
  const endings = useRef(new Map<number, AbortController>())
  const lastKey = useRef(0)

  const drop = (key: number) => setItems((all) => all.filter((item) => item.key !== key))
  const change = (key: number, now: Partial<Upload>) =>
    setItems((all) => all.map((item) => (item.key === key ? { ...item, ...now } : item)))
  const send = async (key: number, file: File, ending: AbortController) => {
    if (ending.signal.aborted) return
    try {
      const stored = await sendFile(file, (share) => change(key, { share }), ending.signal)
      drop(key)
      onStored(stored)
    } catch (error) {
      if (ending.signal.aborted) return
      change(key, { refusal: toRefusal(error) })
    } finally {
      endings.current.delete(key)
    }
  }
  const add = (files: Iterable<File>) => {
    let room = mediaAtMost - attached - endings.current.size
    for (const file of files) {
      const key = (lastKey.current += 1)
      const code = refuseFile(file, room)
      const refusal = code === undefined ? {} : { refusal: { code, words: '' } }
      setItems((all) => [...all, { key, name: file.name, share: 0, ...refusal }])
      if (code !== undefined) continue
      room -= 1
      const ending = new AbortController()
      endings.current.set(key, ending)
      line.current = line.current.then(() => send(key, file, ending))
    }
  }
  const latest = useRef(add)
  useEffect(() => {
    latest.current = add
  })
  useEffect(() => listenForFiles((files) => latest.current(files), setHovered), [])
  useEffect(() => {
    const open = endings.current
    return () => open.forEach((ending) => ending.abort())
  }, [])
  return {
    items,
    busy: items.some((item) => item.refusal === undefined),
    hovered,
    add,
    dismiss(key) {
      endings.current.get(key)?.abort()
      endings.current.delete(key)
      drop(key)
    },
  }
}

/** What can be told before the file is sent; the server looks at the content itself. */
function refuseFile(file: File, room: number): string | undefined {
  if (room <= 0) return 'too_many'
  if (file.type !== '' && !mediaTypes.some((type) => type === file.type)) return 'unsupported_media'
  return file.size > mediaBytesAtMost ? 'too_large' : undefined
}

function toRefusal(error: unknown): { code: string; words: string } {
  if (error instanceof CallError) return { code: error.code, words: error.message }
  return { code: 'internal', words: error instanceof Error ? error.message : String(error) }
}

function listenForFiles(add: (files: readonly File[]) => void, setHovered: (hovered: boolean) => void): () => void {
  const ending = new AbortController()
  const { signal } = ending
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true
  const onDrag = (event: DragEvent) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    setHovered(true)
  }
  const onLeave = (event: DragEvent) => {
    if (event.relatedTarget === null) setHovered(false)
  }
  const onDrop = (event: DragEvent) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    setHovered(false)
    add([...(event.dataTransfer?.files ?? [])])
  }
  const onPaste = (event: ClipboardEvent) => {
    const files = [...(event.clipboardData?.files ?? [])]
    // Office programs put a picture of the text beside the text: then the text is meant.
    if (files.length === 0 || event.clipboardData?.types.includes('text/plain') === true) return
    event.preventDefault()
    add(files)
  }
  document.addEventListener('dragover', onDrag, { signal })
  document.addEventListener('dragleave', onLeave, { signal })
  document.addEventListener('drop', onDrop, { signal })
  document.addEventListener('paste', onPaste, { signal })
  return () => ending.abort()
}
