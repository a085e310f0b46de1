using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PaliGemma.Server.BrowserTests;

[Trait("Category", "Browser")]
[Collection(SharedPage.Name)]
public sealed class ReferenceTests(PageFixture fixture)
{
    [Fact]
    public Task The_page_leads_to_a_reference_that_describes_every_endpoint() => fixture.VisitAsync(async page =>
    {
        await page.GetByRole(AriaRole.Link, new() { Name = "API" }).ClickAsync();
        ILocator heading = page.GetByRole(AriaRole.Heading, new() { Name = "POST /v1/detect" });
        ILocator detect = page.Locator("section").Filter(new() { Has = heading });
        await Expect(detect).ToContainTextAsync("What to look for.");
        await Expect(detect).ToContainTextAsync("multipart/form-data");
        foreach (string path in new[] { "caption", "ocr", "answer", "segment", "generate", "chat/completions" })
        {
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "POST /v1/" + path })).ToBeVisibleAsync();
        }
        await page.GetByRole(AriaRole.Link, new() { Name = "POST /v1/segment" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "POST /v1/segment" })).ToBeInViewportAsync();
    });

    [Fact]
    public Task The_reference_fits_a_phone() => fixture.VisitAsync(
        async page =>
        {
            await page.GotoAsync("/reference/");
            await Expect(page.Locator("section").First).ToBeVisibleAsync();
            await page.AssertFitsAsync();
        },
        new BrowserNewContextOptions { ViewportSize = new() { Width = 360, Height = 740 } });
}
