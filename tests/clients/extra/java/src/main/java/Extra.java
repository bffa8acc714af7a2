import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.FilterNameStringType;
import software.amazon.awssdk.services.secretsmanager.model.InvalidRequestException;
import software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException;

/**
 * A secret's life through the AWS SDK for Java 2, which finds Keyturn by
 * AWS_ENDPOINT_URL_SECRETS_MANAGER. Prints what it does; fails at the first
 * surprise.
 */
public class Extra {
  static void want(boolean fact, String what) {
    if (!fact) throw new AssertionError("not so: " + what);
    System.out.println("ok " + what);
  }

  public static void main(String[] args) {
    try (var client = SecretsManagerClient.create()) {
      var name = "extra/java";
      var made = client.createSecret(r -> r.name(name).secretString("one").description("by Java"));
      want(made.name().equals(name) && made.versionId() != null, "CreateSecret");

      var got = client.getSecretValue(r -> r.secretId(made.arn()));
      want(got.secretString().equals("one") && got.versionId().equals(made.versionId()), "GetSecretValue");

      var bytes = SdkBytes.fromByteArray(new byte[] {0, -1});
      var put = client.putSecretValue(r -> r.secretId(name).secretBinary(bytes));
      got = client.getSecretValue(r -> r.secretId(name));
      want(got.secretBinary().equals(bytes) && got.secretString() == null, "PutSecretValue of bytes");

      var said = client.describeSecret(r -> r.secretId(name));
      want(said.description().equals("by Java")
          && said.versionIdsToStages().get(put.versionId()).contains("AWSCURRENT")
          && said.createdDate() != null && said.rotationEnabled() == null, "DescribeSecret");

      try {
        client.rotateSecret(r -> r.secretId(name));
        want(false, "RotateSecret is refused");
      } catch (InvalidRequestException e) {
        want(e.awsErrorDetails().errorMessage().equals(
            "No Lambda rotation function ARN is associated with this secret."), "RotateSecret is refused");
      }

      var pages = client.listSecretsPaginator(r -> r.maxResults(1)
          .filters(f -> f.key(FilterNameStringType.NAME).values("extra/")));
      want(pages.stream().mapToLong(p -> p.secretList().size()).sum() >= 1, "ListSecrets, page by page");

      client.deleteSecret(r -> r.secretId(name).forceDeleteWithoutRecovery(true));
      try {
        client.getSecretValue(r -> r.secretId(name));
        want(false, "DeleteSecret");
      } catch (ResourceNotFoundException e) {
        want(e.awsErrorDetails().errorMessage().equals("Secrets Manager can't find the specified secret.")
            && e.statusCode() == 400 && e.requestId() != null, "DeleteSecret");
      }
    }
  }
}
