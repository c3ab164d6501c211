/** What people see: tables, progress, notes, and one line and an exit code if a command fails. */
package org.sae4j.cli.terminal;
