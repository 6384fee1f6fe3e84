import { installPeers } from './install-peers.ts'
import { unpackPackages } from './s3-server.ts'

// In a process of its own beside the first tests: fetches the real servers that need minutes to come, where this machine
// does not have them yet. What cannot be had is told by the tests that want it.
await Promise.allSettled([installPeers(), unpackPackages()])
