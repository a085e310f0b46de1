using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PaliGemma.Server.BrowserTests;

[Trait("Category", "Browser")]
[Collection(SharedPage.Name)]
public sealed class ModelChoiceTests(PageFixture fixture)
{
    [Fact]
    public Task Where_there_is_one_model_there_is_no_choice() => fixture.VisitAsync(async page =>
    {
        await Expect(page.Locator("#model option")).ToHaveTextAsync([ScriptedServer.ModelName]);
        await Expect(page.Locator("#model-choice")).ToBeHiddenAsync();
    });

    [Fact]
    public Task Models_are_offered_the_default_one_in_front() => VisitTwoModelsAsync(async page =>
    {
        ILocator choice = page.GetByRole(AriaRole.Combobox, new() { Name = "Model", Exact = true });
        await Expect(choice).ToBeVisibleAsync();
        await Expect(choice.Locator("option")).ToHaveTextAsync([ScriptedServer.ModelName, ScriptedServer.OtherModelName]);
        await Expect(choice).ToHaveValueAsync(ScriptedServer.ModelName);
        await page.AskAboutPictureAsync("Caption");
        await Expect(page.Locator("#text")).ToHaveTextAsync(ScriptedServer.Caption);
        await Expect(page.Locator("#figures")).ToContainTextAsync(ScriptedServer.ModelName + " ·");
    });

    [Fact]
    public Task The_chosen_model_answers_this_question_and_the_next() => VisitTwoModelsAsync(async page =>
    {
        await page.SelectOptionAsync("#model", ScriptedServer.OtherModelName);
        await page.AskAboutPictureAsync("Caption");
        await Expect(page.Locator("#text")).ToHaveTextAsync(ScriptedServer.OtherCaption);
        await Expect(page.Locator("#figures")).ToContainTextAsync(ScriptedServer.OtherModelName + " ·");
        Assert.Equal(ScriptedServer.OtherModelName, (await page.SaveJsonAsync()).GetProperty("model").GetString());
        await page.ChooseTaskAsync("Find", "thing");
        await page.AskAsync();
        await Expect(page.Locator("#figures")).ToContainTextAsync(ScriptedServer.OtherModelName + " ·");
        await page.SelectOptionAsync("#model", ScriptedServer.ModelName);
        await page.ChooseTaskAsync("Caption");
        await page.AskAsync();
        await Expect(page.Locator("#text")).ToHaveTextAsync(ScriptedServer.Caption);
    });

    [Fact]
    public Task A_keyboard_chooses_too() => VisitTwoModelsAsync(async page =>
    {
        await page.FocusAsync("#model");
        await page.Keyboard.PressAsync("ArrowDown");
        await Expect(page.Locator("#model")).ToHaveValueAsync(ScriptedServer.OtherModelName);
        await page.AskAboutPictureAsync("Caption");
        await Expect(page.Locator("#text")).ToHaveTextAsync(ScriptedServer.OtherCaption);
    });

    [Fact]
    public Task An_earlier_answer_brings_its_model_back() => VisitTwoModelsAsync(async page =>
    {
        await page.SelectOptionAsync("#model", ScriptedServer.OtherModelName);
        await page.AskAboutPictureAsync("Caption");
        await page.SelectOptionAsync("#model", ScriptedServer.ModelName);
        await page.Locator("#history button").ClickAsync();
        await Expect(page.Locator("#model")).ToHaveValueAsync(ScriptedServer.OtherModelName);
        await page.AskAsync();
        await Expect(page.Locator("#text")).ToHaveTextAsync(ScriptedServer.OtherCaption);
    });

    [Fact]
    public Task The_choice_fits_the_smallest_screen() => VisitTwoModelsAsync(
        async page =>
        {
            await Expect(page.Locator("#model-choice")).ToBeVisibleAsync();
            await page.AssertFitsAsync();
        },
        new BrowserNewContextOptions { ViewportSize = new() { Width = 320, Height = 740 } });

    private async Task VisitTwoModelsAsync(Func<IPage, Task> visit, BrowserNewContextOptions? options = null)
    {
        await using ScriptedServer server =
            await ScriptedServer.StartAsync(models: [ScriptedServer.ModelName, ScriptedServer.OtherModelName]);
        await fixture.VisitAsync(
            async page =>
            {
                await Expect(page.Locator("#model option")).ToHaveCountAsync(2);
                await visit(page);
            },
            options,
            server.Address);
    }
}
