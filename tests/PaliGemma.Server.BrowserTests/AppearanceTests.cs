using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PaliGemma.Server.BrowserTests;

[Trait("Category", "Browser")]
[Collection(SharedPage.Name)]
public sealed class AppearanceTests(PageFixture fixture)
{
    [Theory]
    [InlineData(320)]
    [InlineData(360)]
    [InlineData(768)]
    [InlineData(1280)]
    public Task Nothing_has_to_be_scrolled_sideways(int width) => fixture.VisitAsync(
        async page =>
        {
            await page.AssertFitsAsync();
            foreach (string task in await page.Locator("#tasks span").AllInnerTextsAsync())
            {
                await page.ChooseTaskAsync(task);
                await page.AssertFitsAsync();
            }
            await page.AskAboutPictureAsync("Find", "thing; other");
            await page.GetByText("Settings").ClickAsync();
            await page.GetByText("The model's own words").ClickAsync();
            await page.AssertFitsAsync();
        },
        new BrowserNewContextOptions { ViewportSize = new() { Width = width, Height = 740 } });

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public Task Every_text_stands_out_from_what_is_behind_it(ColorScheme scheme) => fixture.VisitAsync(
        async page =>
        {
            await page.AskAboutPictureAsync("Find", "thing; other");
            await page.ChooseTaskAsync("Question", " ");
            await page.ClickAsync("#run");
            await Expect(page.Locator("#error")).ToBeVisibleAsync();
            await page.Mouse.MoveAsync(0, 0);
            // WCAG 2, contrast (minimum).
            Assert.Empty(await page.EvaluateAsync<string[]>(
                """
                () => {
                  const channels = color => color.match(/[\d.]+/g).map(Number);
                  const luminance = color => {
                    const [r, g, b] = channels(color).map(value => value / 255 <= .04045 ? value / 255 / 12.92 : ((value / 255 + .055) / 1.055) ** 2.4);
                    return .2126 * r + .7152 * g + .0722 * b;
                  };
                  const ground = element => {
                    const color = getComputedStyle(element).backgroundColor;
                    return channels(color)[3] === 0 ? ground(element.parentElement) : color;
                  };
                  return [...document.body.querySelectorAll('*')]
                    .filter(one => one.checkVisibility() && [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
                    .filter(one => {
                      const [a, b] = [luminance(getComputedStyle(one).color), luminance(ground(one))];
                      return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5;
                    })
                    .map(one => one.outerHTML);
                }
                """));
        },
        new BrowserNewContextOptions { ColorScheme = scheme });

    [Fact]
    public Task Dark_is_what_the_system_says_until_somebody_chooses() => fixture.VisitAsync(async page =>
    {
        Task<int> Brightness() => page.EvaluateAsync<int>("() => Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])");
        Assert.InRange(await Brightness(), 200, 255);
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        Assert.InRange(await Brightness(), 0, 60);
        await page.ClickAsync("#theme");
        Assert.InRange(await Brightness(), 200, 255);
        await page.ReloadAsync();
        Assert.InRange(await Brightness(), 200, 255);
        await page.ClickAsync("#theme");
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        Assert.InRange(await Brightness(), 0, 60);
    });

    [Fact]
    public Task A_keyboard_is_enough() => fixture.VisitAsync(async page =>
    {
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.Locator(".skip")).ToBeFocusedAsync();
        await Expect(page.Locator(".skip")).ToBeInViewportAsync();
        await page.ChoosePictureAsync();
        await page.FocusAsync("#tasks input:checked");
        for (int i = 0; i < 3; i++)
        {
            await page.Keyboard.PressAsync("ArrowRight");
        }
        await Expect(page.Locator("#tasks input:checked")).ToHaveValueAsync("detect");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.TypeAsync("thing; other");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#objects li")).ToHaveCountAsync(2);
        await Expect(page.Locator("#status")).ToHaveTextAsync("2 objects found.");
        await page.FocusAsync("#show-none");
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.Locator("#objects li").First).ToHaveClassAsync("lit");
        await page.Keyboard.PressAsync("Space");
        await Expect(page.Locator("#overlay")).ToHaveAttributeAsync("aria-label", "Drawn over the picture: other");
    });

    [Fact]
    public Task Every_control_has_a_name_and_shows_when_it_has_the_focus() => fixture.VisitAsync(async page =>
    {
        await page.AskAboutPictureAsync("Find", "thing");
        await page.GetByText("Settings").ClickAsync();
        Assert.Empty(await page.EvaluateAsync<string[]>(
            """
            () => [...document.querySelectorAll('input, select, button, a, summary')]
              .filter(one => one.checkVisibility() && !one.textContent.trim() && !one.ariaLabel && !one.labels?.[0]?.textContent.trim())
              .map(one => one.outerHTML)
            """));
        await page.EvaluateAsync("() => document.activeElement.blur()");
        HashSet<string> seen = [];
        for (int i = 0; i < 40; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            string[] state = await page.EvaluateAsync<string[]>(
                """
                () => {
                  const one = document.activeElement;
                  const shown = [one, one.nextElementSibling].filter(Boolean).some(near => getComputedStyle(near).outlineStyle === 'solid');
                  return [one.tagName + (one.id || one.name || one.textContent), one === document.body || shown ? '' : one.outerHTML];
                }
                """);
            seen.Add(state[0]);
            Assert.Equal("", state[1]);
        }
        Assert.True(seen.Count > 15, string.Join(", ", seen));
    });

    [Fact]
    public Task What_happens_is_said_aloud() => fixture.VisitAsync(async page =>
    {
        await Expect(page.Locator("#text")).ToHaveAttributeAsync("aria-live", "polite");
        await Expect(page.Locator("#status")).ToHaveAttributeAsync("role", "status");
        await Expect(page.Locator("#error")).ToHaveAttributeAsync("role", "alert");
    });
}
