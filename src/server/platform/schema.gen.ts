// Generated from migrations/ by "npm run schema"; do not edit.
// Writing jsonb takes JSON text (JSON.stringify): the driver would turn a bare array into a Postgres array.
import type { Instant } from './clock.ts'
import type { ColumnType } from "kysely";

export type Generated<T> = T extends ColumnType<infer S, infer I, infer U>
  ? ColumnType<S, I | undefined, U>
  : ColumnType<T, T | undefined, T>;

export type PostStatus = "approved" | "blocked" | "changes_requested" | "draft" | "expired" | "failed" | "in_review" | "partly_published" | "published" | "publishing" | "rejected" | "retracted" | "scheduled" | "stopped" | "unconfirmed" | "withdrawn";

export type RoleName = "admin" | "auditor" | "author" | "policy_owner" | "records_officer" | "reviewer";

export interface ApiToken {
  created_at: Instant;
  expires_at: Instant;
  id: string;
  last_used_at: Instant | null;
  name: string;
  prefix: string;
  revoked_at: Instant | null;
  scopes: string[];
  token_hash: Buffer;
  user_id: string;
}

export interface AppUser {
  active: Generated<boolean>;
  created_at: Instant;
  deactivated_at: Instant | null;
  display_name: string;
  email: string | null;
  employee_number: string | null;
  external_id: string | null;
  id: string;
  issuer: string;
  locale: Generated<string>;
  scim: Json | null;
  subject: string;
  unit_id: string;
  updated_at: Instant;
  user_name: string | null;
}

export interface ArchiveAnchor {
  anchored_at: Instant;
  evidence: Buffer | null;
  kind: string;
  name: string;
  tree_size: number;
}

export interface ArchiveAnchorState {
  failing_since: Instant | null;
  failure: string | null;
  kind: string;
  name: string;
  reported: Generated<boolean>;
}

export interface ArchiveArchiveBody {
  body: Buffer;
  dispose_month: string;
  id: string;
  recorded_at: Instant;
  salt: Buffer;
}

export interface ArchiveArchiveRecord {
  dispose_month: string;
  header: Buffer;
  id: string;
  inserted_at: Generated<Instant>;
  recorded_at: Instant;
  retention_class: string;
  seq: Generated<number>;
  type: string;
  xid: Generated<string>;
}

export interface ArchiveCheckpoint {
  sealed_at: Instant;
  tree_size: number;
}

export interface ArchiveDescribed {
  actor_id: string | null;
  author_id: string | null;
  excerpt: string | null;
  language: string | null;
  network: string | null;
  post_id: string | null;
  profile_id: string | null;
  record_id: string | null;
  recorded_at: Instant | null;
  retention_class: string | null;
  seq: number | null;
  type: string | null;
  unit_id: string | null;
  verdict: string | null;
  words: string | null;
  xid: string | null;
}

export interface ArchiveDestroyedObject {
  destroyed_at: Instant;
  key: string;
  version_id: string;
}

export interface ArchiveDirectory {
  committed_at: Instant;
  heads: string;
  record_id: string;
  tree_size: number;
}

export interface ArchiveDisposition {
  bodies: number;
  certificate_id: string;
  dispose_month: string;
  disposed_at: Instant;
  reason: string;
}

export interface ArchiveFindable {
  actor_id: string | null;
  author_id: string | null;
  excerpt: string | null;
  network: string | null;
  post_id: string | null;
  profile_id: string | null;
  record_id: string | null;
  recorded_at: Instant | null;
  retention_class: string | null;
  type: string | null;
  unit_id: string | null;
  vector: string | null;
  verdict: string | null;
}

export interface ArchiveHold {
  id: string;
  name: string;
  placed_at: Instant;
  placed_by: string;
  reason: string;
  release_requested_at: Instant | null;
  release_requested_by: string | null;
  released_at: Instant | null;
  released_by: string | null;
  scope: Json;
  unit_id: string | null;
}

export interface ArchiveHoldCoverage {
  evaluated_at: Instant;
  hold_id: string;
  tree_size: number;
}

export interface ArchiveIntegration {
  database_oid: number;
  first_index: number;
  integrated_at: Instant;
  mark: string;
  root_hash: Buffer;
  system_identifier: number;
  tree_size: number;
}

export interface ArchiveLeaf {
  leaf_hash: Buffer;
  log_index: number;
  record_id: string;
  recorded_at: Instant;
  sealed_at: Instant;
  stream_sequence: string;
}

export interface ArchiveLockedTerm {
  done_at: Instant;
  retention_class: string;
  years: number;
}

export interface ArchiveLog {
  created_at: Generated<Instant>;
  one: Generated<boolean>;
  origin: string;
  verifier_key: string;
}

export interface ArchiveObject {
  key: string;
  kind: string;
  put_at: Instant;
  retain_until: Instant;
  sha256: string;
  size: number;
  tree_size: number;
  version_id: string;
}

export interface ArchiveObjectHold {
  hold_id: string;
  key: string;
  lifted_at: Instant | null;
  placed_at: Instant;
  version_id: string;
}

export interface ArchiveObjectLock {
  key: string;
  lengthened_at: Instant;
  retain_until: Instant;
  version_id: string;
}

export interface ArchiveRetentionClass {
  basis: string;
  jurisdiction: string;
  name: string;
  years: number | null;
}

export interface ArchiveSeal {
  first_index: number;
  note: string;
  planned_at: Instant;
  tree_size: number;
}

export interface ArchiveSearch {
  actor_id: string;
  author_id: string | null;
  excerpt: string;
  network: string | null;
  post_id: string | null;
  profile_id: string | null;
  record_id: string;
  recorded_at: Instant;
  retention_class: string;
  type: string;
  unit_id: string | null;
  vector: string | null;
  verdict: string | null;
}

export interface ArchiveSearchHead {
  indexed_size: number;
  one: Generated<boolean>;
}

export interface ArchiveStreamHead {
  kind: string;
  next_sequence: number;
  stream_id: string;
}

export interface ArchiveTile {
  hashes: Buffer;
  level: number;
  root: Buffer;
  tile_index: number;
}

export interface ArchiveVerification {
  finished_at: Instant;
  id: string;
  problems: Json;
  records_checked: number;
  scope: string;
  started_at: Instant;
  tree_size: number;
}

export interface Delegation {
  created_at: Instant;
  ended_at: Instant | null;
  from_user_id: string;
  id: string;
  reason: string;
  role: RoleName;
  to_user_id: string;
  unit_id: string;
  valid_from: Instant;
  valid_until: Instant;
}

export interface ExaminerAccess {
  created_at: Instant;
  ended_at: Instant | null;
  filter: Json;
  granted_by: string;
  id: string;
  organisation: string;
  purpose: string;
  secret_hash: Buffer;
  unit_id: string;
  user_id: string;
  valid_from: Instant;
  valid_until: Instant;
}

export interface Export {
  attempt: Generated<number>;
  body_months: Generated<string[]>;
  done: Generated<number>;
  failure: string | null;
  finished_at: Instant | null;
  formats: string[];
  id: string;
  keep_until: Generated<Instant>;
  language: string;
  lease_until: Instant | null;
  manifest_sha256: string | null;
  phase: Generated<string>;
  query: Json;
  reason: string;
  recipient: string | null;
  record_count: number | null;
  request_record_id: string;
  requested_at: Instant;
  requested_by: string;
  sha256: string | null;
  size: number | null;
  started_at: Instant | null;
  status: string;
  time_zone: string;
  total: Generated<number>;
  units: string[] | null;
  whole_log: boolean;
}

export interface IdempotencyKey {
  actor_id: string;
  answer: string | null;
  committed_at: Instant | null;
  created_at: Instant;
  key: string;
  request_hash: Buffer;
  status: number | null;
}

export interface Media {
  alt_text: string | null;
  created_at: Instant;
  id: string;
  mime_type: string;
  object_key: string;
  sha256: string;
  size: number;
  uploaded_by: string;
}

export interface PersonMark {
  mark: string;
  user_id: string;
}

export interface PolicyEvaluation {
  evaluated_at: Instant;
  findings: Json;
  handed_in: Generated<boolean>;
  id: string;
  inputs: Json;
  inputs_hash: string;
  occasion: string;
  per_network: Json;
  policy_version: string;
  repeated: Generated<boolean>;
  required_stages: Json;
  revision_id: string;
  sample: Json | null;
  trace: Json | null;
  verdict: string;
}

export interface PolicySimulation {
  anew: Generated<boolean>;
  attempt: Generated<number>;
  base_version: string | null;
  cancel_requested_by: string | null;
  done: Generated<number>;
  draft_version: string;
  failure: string | null;
  files: Json;
  finished_at: Instant | null;
  from_at: Instant | null;
  id: string;
  lease_until: Instant | null;
  report: Json | null;
  requested_at: Instant;
  requested_by: string;
  started_at: Instant | null;
  state: string;
  to_at: Instant;
  total: Generated<number>;
  units: string[] | null;
}

export interface PolicyVersion {
  activate_at: Instant | null;
  activated_at: Instant | null;
  approved_at: Instant | null;
  approved_by: string | null;
  created_at: Instant;
  created_by: string | null;
  emergency_by: string | null;
  emergency_fallback: string | null;
  emergency_until: Instant | null;
  files: Json;
  note: Generated<string>;
  retired_at: Instant | null;
  rule_count: number;
  simulation_id: string | null;
  state: string;
  version: string;
}

export interface Post {
  author_id: string;
  created_at: Instant;
  current_revision_id: string;
  id: string;
  status: PostStatus;
  unit_id: string;
  updated_at: Instant;
}

export interface PostComment {
  author_id: string;
  created_at: Instant;
  id: string;
  post_id: string;
  text: string;
}

export interface PostRevision {
  audience: string | null;
  communication_class: string;
  content_hash: string;
  created_at: Instant;
  created_by: string;
  format: string | null;
  id: string;
  is_static: boolean;
  language: string | null;
  links: Json;
  media: Json;
  number: number;
  post_id: string;
  profile_ids: string[];
  scheduled_at: Instant | null;
  sources: Json;
  targets: Json;
  text: string;
  thread: Generated<string[]>;
  topics: string[];
}

export interface PostRevisionTouch {
  keys: number[];
  reader: number;
  revision_id: string;
}

export interface Profile {
  created_at: Instant;
  credential: Buffer | null;
  display_name: string;
  handle: string;
  id: string;
  network: string;
  remote_account_id: string | null;
  settings: Generated<Json>;
  status: string;
  unit_id: string;
  updated_at: Instant;
}

export interface Publication {
  attempts: Generated<number>;
  captured_at: Instant | null;
  created_at: Instant;
  due_at: Instant;
  id: string;
  last_error: string | null;
  lease_until: Instant | null;
  network: string;
  next_attempt_at: Instant | null;
  payload_sha256: string;
  permalink: string | null;
  post_id: string;
  profile_id: string;
  published_at: Instant | null;
  release_record_id: string | null;
  remote_id: string | null;
  retract_reason: string | null;
  retract_requested_by: string | null;
  revision_id: string;
  stamped_payload: string | null;
  status: string;
  updated_at: Instant;
}

export interface PublicationAttempt {
  error: string | null;
  finished_at: Instant | null;
  id: string;
  number: number;
  outcome: string | null;
  publication_id: string;
  started_at: Instant;
}

export interface Qualification {
  created_at: Instant;
  evidence: string | null;
  granted_by: string | null;
  id: string;
  name: string;
  revoked_by: string | null;
  user_id: string;
  valid_from: Instant;
  valid_until: Instant | null;
}

export interface Review {
  assigned_to: string | null;
  author_id: string;
  claimed_by: string | null;
  claimed_until: Instant | null;
  closed_at: Instant | null;
  content_hash: string;
  created_at: Instant;
  due_at: Instant;
  escalated_at: Instant | null;
  finding_count: number;
  id: string;
  need: number;
  networks: string[];
  policy_version: string;
  post_id: string;
  qualification: string | null;
  revision_id: string;
  severity: string | null;
  stage: string;
  stage_index: number;
  stage_unit_id: string | null;
  status: string;
  unit_id: string;
  verdict: string;
}

export interface ReviewDecision {
  author_id: string;
  content_hash: string;
  decided_at: Instant;
  finding_judgements: Generated<Json>;
  id: string;
  outcome: string;
  reason: string | null;
  record_id: string;
  review_id: string;
  reviewer_id: string;
}

export interface RoleChange {
  action: string;
  decided_at: Instant | null;
  decided_by: string | null;
  effective_at: Instant;
  id: string;
  outcome: string | null;
  reason: string;
  requested_at: Instant;
  requested_by: string;
  role: RoleName;
  unit_id: string;
  user_id: string;
}

export interface RoleGrant {
  granted_at: Instant;
  id: string;
  revoked_at: Instant | null;
  role: RoleName;
  source: string;
  unit_id: string;
  user_id: string;
}

export interface RuleHit {
  evaluation_id: string;
  findings: number;
  found_at: Instant;
  judged: boolean | null;
  minutes: Generated<number>;
  neighbours: string[] | null;
  revision_id: string;
  rule_id: string;
  share: number;
  superseded_at: Instant | null;
  unit_id: string;
}

export interface SchemaMigration {
  applied_at: Generated<Instant>;
  name: string;
  sha256: string;
}

export interface ScimGroup {
  created_at: Instant;
  display_name: string;
  external_id: string | null;
  id: string;
  updated_at: Instant;
}

export interface ScimGroupMember {
  group_id: string;
  user_id: string;
}

export interface SignInCount {
  attempts: number;
  minute: Instant;
  source: Buffer;
}

export interface Stop {
  engaged_at: Instant;
  engaged_by: string;
  id: string;
  lift_requested_at: Instant | null;
  lift_requested_by: string | null;
  lifted_at: Instant | null;
  lifted_by: string | null;
  reason: string;
  scope: string;
  scope_id: string | null;
}

export interface Unit {
  created_at: Instant;
  id: string;
  name: string;
  parent_id: string | null;
  path: string[];
  slug: string;
  updated_at: Instant | null;
}

export interface UserSession {
  authenticated_at: Instant;
  created_at: Instant;
  ended_at: Instant | null;
  ended_because: string | null;
  expires_at: Instant;
  groups_state: Generated<string>;
  id: string;
  id_token: string | null;
  last_seen_at: Instant;
  provider_sid: string | null;
  user_id: string;
}

export interface DB {
  api_token: ApiToken;
  app_user: AppUser;
  "archive.anchor": ArchiveAnchor;
  "archive.anchor_state": ArchiveAnchorState;
  "archive.archive_body": ArchiveArchiveBody;
  "archive.archive_record": ArchiveArchiveRecord;
  "archive.checkpoint": ArchiveCheckpoint;
  "archive.described": ArchiveDescribed;
  "archive.destroyed_object": ArchiveDestroyedObject;
  "archive.directory": ArchiveDirectory;
  "archive.disposition": ArchiveDisposition;
  "archive.findable": ArchiveFindable;
  "archive.hold": ArchiveHold;
  "archive.hold_coverage": ArchiveHoldCoverage;
  "archive.integration": ArchiveIntegration;
  "archive.leaf": ArchiveLeaf;
  "archive.locked_term": ArchiveLockedTerm;
  "archive.log": ArchiveLog;
  "archive.object": ArchiveObject;
  "archive.object_hold": ArchiveObjectHold;
  "archive.object_lock": ArchiveObjectLock;
  "archive.retention_class": ArchiveRetentionClass;
  "archive.seal": ArchiveSeal;
  "archive.search": ArchiveSearch;
  "archive.search_head": ArchiveSearchHead;
  "archive.stream_head": ArchiveStreamHead;
  "archive.tile": ArchiveTile;
  "archive.verification": ArchiveVerification;
  delegation: Delegation;
  examiner_access: ExaminerAccess;
  export: Export;
  idempotency_key: IdempotencyKey;
  media: Media;
  person_mark: PersonMark;
  policy_evaluation: PolicyEvaluation;
  policy_simulation: PolicySimulation;
  policy_version: PolicyVersion;
  post: Post;
  post_comment: PostComment;
  post_revision: PostRevision;
  post_revision_touch: PostRevisionTouch;
  profile: Profile;
  publication: Publication;
  publication_attempt: PublicationAttempt;
  qualification: Qualification;
  review: Review;
  review_decision: ReviewDecision;
  role_change: RoleChange;
  role_grant: RoleGrant;
  rule_hit: RuleHit;
  schema_migration: SchemaMigration;
  scim_group: ScimGroup;
  scim_group_member: ScimGroupMember;
  sign_in_count: SignInCount;
  stop: Stop;
  unit: Unit;
  user_session: UserSession;
}

export type JsonValue = boolean | number | string | null | JsonValue[] | { [name: string]: JsonValue };

export type Json = ColumnType<JsonValue, string, string>;
