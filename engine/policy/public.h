/* Does a resource policy let in more or less everybody?
 *
 * An Allow for everyone ("*", or everyone except some) is public unless one
 * of its conditions holds the asker down to fixed values of a key that he
 * cannot choose: where he comes from (aws:SourceIp of no wide range,
 * aws:SourceVpc, aws:SourceVpce, aws:SourceArn, aws:SourceAccount …) or who he
 * is (aws:PrincipalArn, aws:PrincipalAccount, aws:PrincipalOrgID, aws:userid
 * …).  Denies are not looked at: what they take away can be given again.
 * Source of the rules: Amazon S3 User Guide, "The meaning of 'public'".
 */
#ifndef POLICY_PUBLIC_H
#define POLICY_PUBLIC_H

#include "policy/policy.h"

/* *out_statement (from 0; may be NULL) is the first such statement. */
bool policy_is_public(const struct policy *p, size_t *out_statement);

#endif
