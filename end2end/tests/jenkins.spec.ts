// The job at Jenkins that a template step names: its fields, what is wrong with them, and what the server lacks.
import { test, expect, live } from '../fixtures/app';
import { june as draftJune } from '../fixtures/world';

test('a template step names a job at Jenkins, and the form says what the server lacks', async ({ page, open, server }) => {
  const { june } = await draftJune(server);
  await open(`/releases/${june}/steps`);
  const check = page.getByRole('listitem').getByRole('button', { name: 'Check', exact: true });
  await check.click();
  const job = page.getByLabel('Job', { exact: true });
  await expect(job).toBeHidden();
  await page.getByText('Run in Jenkins', { exact: true }).click();
  await expect(page.getByText('Set JENKINS_URL and JENKINS_TOKEN on the server to run steps there')).toBeVisible();
  await job.fill('folder/deploy');
  const parameters = page.getByLabel('Parameters', { exact: true });
  await parameters.fill('NAMESPACE={{customer.namespace}}\nA B=1');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByText("A B isn't a parameter's name")).toBeVisible();
  await parameters.fill('NAMESPACE={{customer.namespace}}\nA_B=1');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Saved Check' })).toBeVisible();
  await page.reload();
  await live(page);
  await check.click();
  await expect(job).toHaveValue('folder/deploy');
  await expect(parameters).toHaveValue('A_B=1\nNAMESPACE={{customer.namespace}}\n');
});
