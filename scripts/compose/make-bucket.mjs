import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'

// Makes the archive's bucket with Object Lock, once. Endpoint, bucket and keys come from the environment.
const { ENDPOINT: endpoint, BUCKET: bucket } = process.env
const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true })

try {
  await client.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: true }))
} catch (error) {
  if (error.name !== 'BucketAlreadyOwnedByYou') throw error
}
