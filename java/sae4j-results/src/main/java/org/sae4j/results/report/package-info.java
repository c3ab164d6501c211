/**
 * Documents read again and put together into one page.
 *
 * <p>A {@link org.sae4j.results.report.ResultDocument} is read as it comes, whatever its size; a
 * {@link org.sae4j.results.report.Report} joins several by SAE; {@link
 * org.sae4j.results.report.ReportPage} makes HTML of it that needs no network.
 */
package org.sae4j.results.report;
