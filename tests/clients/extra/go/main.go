// A secret's life through aws-sdk-go-v2, which finds Keyturn by
// AWS_ENDPOINT_URL_SECRETS_MANAGER.  Prints what it does; fails at the first
// surprise.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func want(fact bool, what string) {
	if !fact {
		must(errors.New("not so: " + what))
	}
	fmt.Println("ok", what)
}

func main() {
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	must(err)

	// As Terraform does at first, by AWS_ENDPOINT_URL_STS.
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	must(err)
	want(*who.Arn == "arn:aws:iam::000000000000:user/root" && *who.Account == "000000000000", "GetCallerIdentity")

	client := secretsmanager.NewFromConfig(cfg)
	name := aws.String("extra/go")

	made, err := client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{
		Name: name, SecretString: aws.String("one"), Description: aws.String("by Go"),
	})
	must(err)
	want(*made.Name == *name && made.VersionId != nil, "CreateSecret")

	got, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: made.ARN})
	must(err)
	want(*got.SecretString == "one" && *got.VersionId == *made.VersionId, "GetSecretValue")

	put, err := client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: name, SecretBinary: []byte{0, 255},
	})
	must(err)
	got, err = client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name})
	must(err)
	want(string(got.SecretBinary) == "\x00\xff" && got.SecretString == nil, "PutSecretValue of bytes")

	said, err := client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: name})
	must(err)
	want(*said.Description == "by Go" && said.VersionIdsToStages[*put.VersionId][0] == "AWSCURRENT" &&
		said.CreatedDate != nil && said.RotationEnabled == nil, "DescribeSecret")

	_, err = client.RotateSecret(ctx, &secretsmanager.RotateSecretInput{SecretId: name})
	var refusal *types.InvalidRequestException
	want(errors.As(err, &refusal) && refusal.ErrorMessage() ==
		"No Lambda rotation function ARN is associated with this secret.", "RotateSecret is refused")

	pages := secretsmanager.NewListSecretsPaginator(client, &secretsmanager.ListSecretsInput{
		MaxResults: aws.Int32(1),
		Filters:    []types.Filter{{Key: types.FilterNameStringTypeName, Values: []string{"extra/"}}},
	})
	seen := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		must(err)
		seen += len(page.SecretList)
	}
	want(seen >= 1, "ListSecrets, page by page")

	_, err = client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{
		SecretId: name, ForceDeleteWithoutRecovery: aws.Bool(true),
	})
	must(err)
	_, err = client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: name})
	var missing *types.ResourceNotFoundException
	var api smithy.APIError
	want(errors.As(err, &missing) && errors.As(err, &api) &&
		api.ErrorMessage() == "Secrets Manager can't find the specified secret.", "DeleteSecret")
}
