/** {@code inspect}: what model and SAE files hold. */
package org.sae4j.cli.inspect;
