/** Options that several commands have, and what they name: models, SAEs, and tokens. */
package org.sae4j.cli.options;
