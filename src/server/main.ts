import './require-node-24.cjs'
import { runGateway } from './run-gateway.ts'

await runGateway(process.env)
