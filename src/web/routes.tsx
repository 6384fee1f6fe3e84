import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from '@tanstack/react-router'
import { NotFound } from '#web/components/NotFound.tsx'
import { PageError } from '#web/components/PageError.tsx'
import { Shell } from '#web/components/Shell.tsx'

/**
 * A page's part of the console. One that does not come is told in its place (`PageError`): the router would reload the
 * window, which shows nothing at all while the gateway is away.
 */
function page<M extends Record<string, unknown>, K extends keyof M>(load: () => Promise<M>, name: K) {
  return lazyRouteComponent(
    () =>
      load().catch((cause: unknown) => {
        throw new Error('A part of the console did not come.', { cause })
      }),
    name,
  )
}

/** The one map of the console. Every page is loaded when it is first opened. */
const root = createRootRoute({ component: Outlet })

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (search: Record<string, unknown>) => text(search, 'error', 'returnTo', 'signedOut'),
  component: page(() => import('#web/pages/LoginPage.tsx'), 'LoginPage'),
})
const examiner = createRoute({
  getParentRoute: () => root,
  path: '/examiner',
  component: page(() => import('#web/pages/ExaminerPage.tsx'), 'ExaminerPage'),
})
const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell })
const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  component: page(() => import('#web/pages/HomePage.tsx'), 'HomePage'),
})
const posts = createRoute({
  getParentRoute: () => shell,
  path: '/posts',
  validateSearch: (search: Record<string, unknown>) => text(search, 'status', 'q'),
  component: page(() => import('#web/pages/PostsPage.tsx'), 'PostsPage'),
})
const newPost = createRoute({
  getParentRoute: () => shell,
  path: '/posts/new',
  component: page(() => import('#web/pages/ComposePage.tsx'), 'ComposePage'),
})
const post = createRoute({
  getParentRoute: () => shell,
  path: '/posts/$postId',
  component: page(() => import('#web/pages/PostPage.tsx'), 'PostPage'),
})
const editPost = createRoute({
  getParentRoute: () => shell,
  path: '/posts/$postId/edit',
  component: page(() => import('#web/pages/ComposePage.tsx'), 'EditPage'),
})
const queue = createRoute({
  getParentRoute: () => shell,
  path: '/queue',
  validateSearch: (search: Record<string, unknown>) =>
    text(search, 'status', 'severity', 'network', 'assignee', 'unit', 'review'),
  component: page(() => import('#web/pages/QueuePage.tsx'), 'QueuePage'),
})
const review = createRoute({
  getParentRoute: () => shell,
  path: '/queue/$reviewId',
  component: page(() => import('#web/pages/ReviewPage.tsx'), 'ReviewPage'),
})
const archive = createRoute({
  getParentRoute: () => shell,
  path: '/archive',
  validateSearch: (search: Record<string, unknown>) =>
    text(search, 'q', 'from', 'to', 'author', 'actor', 'unit', 'network', 'type', 'verdict', 'post', 'profile'),
  component: page(() => import('#web/pages/ArchivePage.tsx'), 'ArchivePage'),
})
const record = createRoute({
  getParentRoute: () => shell,
  path: '/archive/$recordId',
  component: page(() => import('#web/pages/RecordPage.tsx'), 'RecordPage'),
})
const timeline = createRoute({
  getParentRoute: () => shell,
  path: '/archive/posts/$postId',
  component: page(() => import('#web/pages/TimelinePage.tsx'), 'TimelinePage'),
})
const holds = createRoute({
  getParentRoute: () => shell,
  path: '/holds',
  component: page(() => import('#web/pages/HoldsPage.tsx'), 'HoldsPage'),
})
const retention = createRoute({
  getParentRoute: () => shell,
  path: '/retention',
  component: page(() => import('#web/pages/RetentionPage.tsx'), 'RetentionPage'),
})
const people = createRoute({
  getParentRoute: () => shell,
  path: '/people',
  component: page(() => import('#web/pages/PeoplePage.tsx'), 'PeoplePage'),
})
const person = createRoute({
  getParentRoute: () => shell,
  path: '/people/$userId',
  component: page(() => import('#web/pages/PersonPage.tsx'), 'PersonPage'),
})
const units = createRoute({
  getParentRoute: () => shell,
  path: '/units',
  component: page(() => import('#web/pages/UnitsPage.tsx'), 'UnitsPage'),
})
const delegations = createRoute({
  getParentRoute: () => shell,
  path: '/delegations',
  component: page(() => import('#web/pages/DelegationsPage.tsx'), 'DelegationsPage'),
})
const examiners = createRoute({
  getParentRoute: () => shell,
  path: '/examiners',
  component: page(() => import('#web/pages/ExaminationsPage.tsx'), 'ExaminationsPage'),
})
const examination = createRoute({
  getParentRoute: () => shell,
  path: '/examiners/$examinerId',
  component: page(() => import('#web/pages/ExaminationPage.tsx'), 'ExaminationPage'),
})
const account = createRoute({
  getParentRoute: () => shell,
  path: '/me',
  component: page(() => import('#web/pages/AccountPage.tsx'), 'AccountPage'),
})
const exportList = createRoute({
  getParentRoute: () => shell,
  path: '/exports',
  component: page(() => import('#web/pages/ExportsPage.tsx'), 'ExportsPage'),
})
const newExport = createRoute({
  getParentRoute: () => shell,
  path: '/exports/new',
  validateSearch: (search: Record<string, unknown>) =>
    text(search, 'q', 'from', 'to', 'author', 'unit', 'network', 'type', 'verdict', 'post', 'profile'),
  component: page(() => import('#web/pages/NewExportPage.tsx'), 'NewExportPage'),
})
const oneExport = createRoute({
  getParentRoute: () => shell,
  path: '/exports/$exportId',
  component: page(() => import('#web/pages/ExportPage.tsx'), 'ExportPage'),
})
const profiles = createRoute({
  getParentRoute: () => shell,
  path: '/profiles',
  component: page(() => import('#web/pages/ProfilesPage.tsx'), 'ProfilesPage'),
})
const policies = createRoute({
  getParentRoute: () => shell,
  path: '/policies',
  component: page(() => import('#web/pages/PoliciesPage.tsx'), 'PoliciesPage'),
})
const newPolicy = createRoute({
  getParentRoute: () => shell,
  path: '/policies/new',
  component: page(() => import('#web/pages/NewPolicyPage.tsx'), 'NewPolicyPage'),
})
const precision = createRoute({
  getParentRoute: () => shell,
  path: '/policies/precision',
  component: page(() => import('#web/pages/PrecisionPage.tsx'), 'PrecisionPage'),
})
const simulation = createRoute({
  getParentRoute: () => shell,
  path: '/policies/simulations/$simulationId',
  component: page(() => import('#web/pages/SimulationPage.tsx'), 'SimulationPage'),
})
const policy = createRoute({
  getParentRoute: () => shell,
  path: '/policies/$version',
  component: page(() => import('#web/pages/PolicyPage.tsx'), 'PolicyPage'),
})
const stops = createRoute({
  getParentRoute: () => shell,
  path: '/stops',
  component: page(() => import('#web/pages/StopsPage.tsx'), 'StopsPage'),
})
const health = createRoute({
  getParentRoute: () => shell,
  path: '/health',
  component: page(() => import('#web/pages/HealthPage.tsx'), 'HealthPage'),
})

const nowhere = createRoute({ getParentRoute: () => shell, path: '$', component: NotFound })

export const router = createRouter({
  routeTree: root.addChildren([
    login,
    examiner,
    shell.addChildren([
      home,
      posts,
      newPost,
      post,
      editPost,
      queue,
      review,
      archive,
      record,
      timeline,
      holds,
      retention,
      people,
      person,
      units,
      delegations,
      examiners,
      examination,
      account,
      exportList,
      newExport,
      oneExport,
      profiles,
      policies,
      newPolicy,
      precision,
      simulation,
      policy,
      stops,
      health,
      nowhere,
    ]),
  ]),
  defaultErrorComponent: PageError,
  defaultPreload: 'intent',
  scrollRestoration: false,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

const id = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i
const day = /^\d{4}-\d\d-\d\d$/
const type = String.raw`[a-z_]+\.[a-z_]+`

/** What can be meant by a parameter; of others any text. */
const shapes: Readonly<Record<string, RegExp>> = {
  unit: id,
  review: id,
  author: id,
  actor: id,
  post: id,
  profile: id,
  from: day,
  to: day,
  status: /^(approved|changes_requested|rejected|mine|review|out|live|ended)$/,
  severity: /^(block|review|note)$/,
  assignee: /^(me|none)$/,
  verdict: /^(pass|review|block)$/,
  network: /^[\w-]{1,40}$/,
  type: new RegExp(`^${type}(,${type}){0,19}$`),
}

/**
 * The named search parameters. What was cut or mistyped is left out: the page shows what the rest asks for, not the refusal of
 * a value that nobody sees. It is `undefined`, because the router keeps whatever a page does not name.
 */
function text<const K extends string>(search: Record<string, unknown>, ...names: K[]): { [N in K]?: string } {
  const given = names.filter((name) => search[name] !== undefined)
  return Object.fromEntries(given.map((name) => [name, readText(search[name], shapes[name])])) as { [N in K]?: string }
}

function readText(value: unknown, shape = /^/): string | undefined {
  const words = typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
  return words !== undefined && shape.test(words) ? words : undefined
}
