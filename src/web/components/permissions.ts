import { useQuery } from '@tanstack/react-query'
import { meQuery } from '#web/api/queries.ts'
import type { Permission } from '#shared/permissions.ts'

/** May the person do this anywhere? The server decides each act; this only decides what is shown. */
export function useMay(): (permission: Permission) => boolean {
  const { data } = useQuery(meQuery)
  return (permission) => data?.permissions.includes(permission) === true
}
