using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace PaliGemma.Server.BrowserTests;

[Trait("Category", "Browser")]
[Collection(SharedPage.Name)]
public sealed partial class AskingTests(PageFixture fixture)
{
    private readonly ScriptedServer _server = fixture.Server;

    [Fact]
    public Task The_answer_is_shown_while_it_is_made() => fixture.VisitAsync(async page =>
    {
        using AnswerHold hold = _server.Hold = new AnswerHold("caption en", tokens: 4);
        await page.ChoosePictureAsync();
        await page.ClickAsync("#run");
        await Expect(page.Locator("#text")).ToHaveTextAsync(Anything());
        string begun = await page.Locator("#text").InnerTextAsync();
        Assert.StartsWith(begun, ScriptedServer.Caption, StringComparison.Ordinal);
        Assert.True(begun.Length < ScriptedServer.Caption.Length, begun);
        await Expect(page.Locator("#run")).ToHaveTextAsync("Stop");
        await Expect(page.Locator("#prompt")).ToHaveTextAsync("caption en");
        hold.Dispose();
        await Expect(page.Locator("#text")).ToHaveTextAsync(ScriptedServer.Caption);
        await Expect(page.Locator("#run")).ToHaveTextAsync("Ask");
        await Expect(page.Locator("#status")).ToHaveTextAsync("Done.");
        await Expect(page.Locator("#figures")).ToContainTextAsync("scripted");
    });

    [Fact]
    public Task A_request_that_is_stopped_costs_the_server_nothing_more() => fixture.VisitAsync(async page =>
    {
        using AnswerHold hold = _server.Hold = new AnswerHold("caption en", tokens: 2);
        await page.ChoosePictureAsync();
        await page.ClickAsync("#run");
        await Expect(page.Locator("#text")).ToHaveTextAsync(Anything());
        await page.ClickAsync("#run");
        await Expect(page.Locator("#status")).ToHaveTextAsync("Stopped.");
        await Expect(page.Locator("#error")).ToBeHiddenAsync();
        hold.Dispose();
        using CancellationTokenSource limit = new(PageFixture.Patience);
        while (!_server.IsIdle)
        {
            await Task.Delay(5, limit.Token);
        }
        await page.AskAsync();
        await Expect(page.Locator("#text")).ToHaveTextAsync(ScriptedServer.Caption);
    });

    [Theory]
    [InlineData("Find shapes", "2 × red circle, blue square")]
    [InlineData("Count boats", "3")]
    [InlineData("Read a sign", "BAKERY OPEN 7 TO 18 FRESH BREAD")]
    [InlineData("Outline pets", "cat, dog")]
    public Task Every_example_is_one_click_and_a_question_away_from_its_answer(string example, string answer) => fixture.VisitAsync(async page =>
    {
        await page.Locator("#examples").GetByText(example).ClickAsync();
        await Expect(page.Locator("#about-picture")).ToHaveTextAsync(example + " · 640 × 480");
        await page.AskAsync();
        await Expect(page.Locator("#history li")).ToContainTextAsync(answer);
    });

    [Fact]
    public Task Fields_of_a_task_are_sent() => fixture.VisitAsync(async page =>
    {
        await page.ChoosePictureAsync();
        await page.SelectOptionAsync("[name=language]", "de");
        await page.AskAsync();
        await Expect(page.Locator("#prompt")).ToHaveTextAsync("caption de");
        await page.GetByText("Settings").ClickAsync();
        await page.FillAsync("[name=max_tokens]", "3");
        await page.AskAsync();
        await Expect(page.Locator("#figures")).ToContainTextAsync("3 tokens");
        await Expect(page.Locator("#figures")).ToContainTextAsync("cut off");
    });

    [Theory]
    [InlineData("drop")]
    [InlineData("paste")]
    public Task Pictures_can_be_dropped_and_pasted(string how) => fixture.VisitAsync(async page =>
    {
        await page.EvaluateAsync(
            """
            ([how, base64]) => {
              const bytes = Uint8Array.from(atob(base64), one => one.charCodeAt(0));
              const data = new DataTransfer();
              data.items.add(new File([bytes], 'brought.png', { type: 'image/png' }));
              document.body.dispatchEvent(how === 'drop'
                ? new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })
                : new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
            }
            """,
            new[] { how, Convert.ToBase64String(PageActions.Picture) });
        await Expect(page.Locator("#about-picture")).ToHaveTextAsync("brought.png · 400 × 200");
        await page.AskAsync();
    });

    [Fact]
    public Task A_phone_offers_its_camera() => fixture.VisitAsync(
        async page =>
        {
            await Expect(page.GetByText("Take a photo")).ToBeVisibleAsync();
            await Expect(page.Locator("#photograph")).ToHaveAttributeAsync("capture", "environment");
            await page.SetInputFilesAsync("#photograph", new FilePayload { Name = "photo.png", MimeType = "image/png", Buffer = PageActions.Picture });
            await Expect(page.Locator("#about-picture")).ToContainTextAsync("photo.png");
        },
        new BrowserNewContextOptions { HasTouch = true, IsMobile = true });

    [Fact]
    public Task What_is_missing_is_said_before_anything_is_sent() => fixture.VisitAsync(async page =>
    {
        await page.ClickAsync("#run");
        await Expect(page.Locator("#error")).ToHaveTextAsync("Choose a picture first.");
        await Expect(page.Locator("#choose")).ToBeFocusedAsync();
        await page.ChoosePictureAsync();
        await Expect(page.Locator("#error")).ToBeHiddenAsync();
        await page.ChooseTaskAsync("Find");
        await page.ClickAsync("#run");
        await Expect(page.Locator("#error")).ToHaveTextAsync("Say what to look for.");
        await Expect(page.Locator("[name=things]")).ToBeFocusedAsync();
    });

    [Fact]
    public Task A_file_that_is_no_picture_is_refused_and_the_picture_before_stays() => fixture.VisitAsync(async page =>
    {
        await page.ChoosePictureAsync();
        await page.ChooseFileAsync("hello"u8.ToArray(), "letter.png");
        await Expect(page.Locator("#error")).ToHaveTextAsync("letter.png is not a picture that this browser can show.");
        await Expect(page.Locator("#about-picture")).ToContainTextAsync("white.png");
        await page.AskAsync();
        await Expect(page.Locator("#error")).ToBeHiddenAsync();
    });

    [Fact]
    public Task A_question_that_comes_before_the_picture_has_been_read_is_about_it_nevertheless() => fixture.VisitAsync(async page =>
    {
        await page.ChoosePictureAsync();
        await HoldPicturesAsync(page);
        await page.ChooseFileAsync(PageActions.Picture, "second.png");
        await page.ClickAsync("#run");
        await Expect(page.Locator("#about-picture")).ToContainTextAsync("white.png");
        await Expect(page.Locator("#answer")).ToBeHiddenAsync();
        await ReleasePictureAsync(page, "first");
        await Expect(page.Locator("#about-picture")).ToContainTextAsync("second.png");
        await Expect(page.Locator("#text")).ToHaveTextAsync(ScriptedServer.Caption);
        await Expect(page.Locator("#error")).ToBeHiddenAsync();
    });

    [Fact]
    public Task Of_two_pictures_the_one_that_was_chosen_last_is_taken_whichever_is_read_first() => fixture.VisitAsync(async page =>
    {
        await HoldPicturesAsync(page);
        await page.ChooseFileAsync(PageActions.Picture, "first.png");
        await page.ChooseFileAsync(PageActions.Picture, "second.png");
        await ReleasePictureAsync(page, "second");
        await Expect(page.Locator("#about-picture")).ToContainTextAsync("second.png");
        await ReleasePictureAsync(page, "first");
        await page.AskAsync();
        await Expect(page.Locator("#about-picture")).ToContainTextAsync("second.png");
    });

    [Fact]
    public Task What_the_server_refuses_is_shown_in_its_words() => fixture.VisitAsync(async page =>
    {
        await page.ChoosePictureAsync();
        await page.GetByText("Settings").ClickAsync();
        await page.FillAsync("[name=max_tokens]", "100000");
        await page.ClickAsync("#run");
        await Expect(page.Locator("#error")).ToContainTextAsync("1024");
        await Expect(page.Locator("[name=max_tokens]")).ToBeFocusedAsync();
        await Expect(page.Locator("#run")).ToHaveTextAsync("Ask");
    });

    [Fact]
    public Task What_is_no_number_is_said_where_it_stands() => fixture.VisitAsync(async page =>
    {
        await page.ChoosePictureAsync();
        await page.GetByText("Settings").ClickAsync();
        await page.Locator("[name=max_tokens]").PressSequentiallyAsync("1e");
        await page.GetByText("Settings").ClickAsync();
        await page.ClickAsync("#run");
        await Expect(page.Locator("#error")).ToContainTextAsync("not a number");
        await Expect(page.Locator("[name=max_tokens]")).ToBeFocusedAsync();
    });

    [Fact]
    public Task A_server_that_cannot_be_reached_can_be_asked_again() => fixture.VisitAsync(async page =>
    {
        await page.RouteAsync("**/v1/caption", route => route.AbortAsync());
        await page.ChoosePictureAsync();
        await page.ClickAsync("#run");
        await Expect(page.Locator("#error")).ToContainTextAsync("The server cannot be reached.");
        await page.UnrouteAsync("**/v1/caption");
        await page.GetByText("Try again").ClickAsync();
        await Expect(page.Locator("#text")).ToHaveTextAsync(ScriptedServer.Caption);
    });

    [Theory]
    [InlineData("event: start\ndata: {\"model\":\"m\",\"prompt\":\"p\",\"width\":400,\"height\":200}\n\n", "The answer broke off: the connection to the server was lost.")]
    [InlineData("event: error\ndata: {\"error\":{\"message\":\"The server is being stopped.\"}}\n\n", "The server is being stopped.")]
    public Task An_answer_that_ends_badly_says_so(string stream, string sentence) => fixture.VisitAsync(async page =>
    {
        await page.RouteAsync("**/v1/caption", route => route.FulfillAsync(new() { ContentType = "text/event-stream", Body = stream }));
        await page.ChoosePictureAsync();
        await page.ClickAsync("#run");
        await Expect(page.Locator("#error")).ToContainTextAsync(sentence);
        await Expect(page.Locator("#run")).ToHaveTextAsync("Ask");
    });

    [Fact]
    public async Task A_server_with_keys_is_given_one()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(new ServerOptions { ApiKeys = ["secret"] });
        await fixture.VisitAsync(
            async page =>
            {
                await page.FillAsync("#key", "secret");
                await page.PressAsync("#key", "Tab");
                await Expect(page.Locator("#error")).ToBeHiddenAsync();
                await page.ChoosePictureAsync();
                await page.AskAsync();
                await Expect(page.Locator("#text")).ToHaveTextAsync(ScriptedServer.Caption);
            },
            address: server.Address);
    }

    [Fact]
    public Task Earlier_answers_come_back_also_after_the_page_was_left() => fixture.VisitAsync(async page =>
    {
        await page.AskAboutPictureAsync("Find", "thing; other");
        await page.ChooseTaskAsync("Caption");
        await page.AskAsync();
        await page.Locator("#history button").Nth(1).ClickAsync();
        await Expect(page.Locator("#objects li")).ToHaveCountAsync(2);
        await Expect(page.Locator("[name=things]")).ToHaveValueAsync("thing; other");
        await Expect(page.Locator("#save-picture")).ToBeVisibleAsync();
        await page.ReloadAsync();
        await page.Locator("#history button").Nth(1).ClickAsync();
        await Expect(page.Locator("#objects li")).ToHaveCountAsync(2);
        await Expect(page.Locator("#canvas-place")).ToHaveClassAsync("picture remembered");
        await Expect(page.Locator("#save-picture")).ToBeHiddenAsync();
        await page.GetByText("Forget all").ClickAsync();
        await page.ReloadAsync();
        await Expect(page.Locator("#history-place")).ToBeHiddenAsync();
    });

    [Fact]
    public Task The_page_works_where_the_browser_keeps_nothing() => fixture.VisitAsync(async page =>
    {
        await page.AddInitScriptAsync("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };");
        await page.ReloadAsync();
        await page.AskAboutPictureAsync("Caption");
        await page.ClickAsync("#theme");
        await Expect(page.Locator("#history li")).ToHaveCountAsync(1);
    });

    /// <summary>Lets the browser read no picture to its end before the test says so.</summary>
    private static async Task HoldPicturesAsync(IPage page) => await page.EvaluateAsync(
        """
        () => {
          const decode = Image.prototype.decode;
          window.held = [];
          Image.prototype.decode = function() {
            return new Promise(resolve => window.held.push(resolve)).then(() => decode.call(this));
          };
        }
        """);

    /// <summary>Lets the browser read one of the pictures that it was given since.</summary>
    private static async Task ReleasePictureAsync(IPage page, string which) =>
        await page.EvaluateAsync("which => window.held[which === 'first' ? 0 : 1]()", which);

    [GeneratedRegex(".+")]
    private static partial Regex Anything();
}
