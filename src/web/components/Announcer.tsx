import { useSyncExternalStore } from 'react'
import { onAnnounced, readAnnounced } from '#web/util/announce.ts'

/** Says what was just done. The region is there before its words are: only then does a screen reader read them. */
export function Announcer() {
  const words = useSyncExternalStore(onAnnounced, readAnnounced)
  return (
    <div className="announcer" role="status">
      {words !== '' && <p className="announced">{words}</p>}
    </div>
  )
}
