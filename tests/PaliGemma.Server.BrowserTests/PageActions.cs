using System.Text.Json;
using Microsoft.Playwright;
using PaliGemma.Imaging;
using static Microsoft.Playwright.Assertions;

namespace PaliGemma.Server.BrowserTests;

/// <summary>What people do on the page.</summary>
internal static class PageActions
{
    public const int PictureWidth = 400;
    public const int PictureHeight = 200;

    /// <summary>A white picture, on which everything that is drawn can be told from it.</summary>
    public static byte[] Picture { get; } = PngWriter.Encode(White());

    /// <summary>Chooses the white picture, and waits until the page shows it.</summary>
    public static async Task ChoosePictureAsync(this IPage page)
    {
        await page.ChooseFileAsync(Picture, "white.png");
        await Expect(page.Locator("#about-picture")).ToHaveTextAsync($"white.png · {PictureWidth} × {PictureHeight}");
    }

    /// <summary>Chooses a file, and does not wait for anything.</summary>
    public static Task ChooseFileAsync(this IPage page, byte[] file, string name) =>
        page.SetInputFilesAsync("#choose", new FilePayload { Name = name, MimeType = "image/png", Buffer = file });

    public static async Task ChooseTaskAsync(this IPage page, string task, string? words = null)
    {
        await page.Locator("#tasks").GetByText(task, new() { Exact = true }).ClickAsync();
        if (words is not null)
        {
            await page.Locator("#fields input").FillAsync(words);
        }
    }

    /// <summary>Asks, and waits for the end of the answer.</summary>
    public static async Task AskAsync(this IPage page)
    {
        await page.ClickAsync("#run");
        await Expect(page.Locator("#downloads")).ToBeVisibleAsync();
    }

    /// <summary>Asks the task about a white picture.</summary>
    public static async Task AskAboutPictureAsync(this IPage page, string task, string? words = null)
    {
        await page.ChoosePictureAsync();
        await page.ChooseTaskAsync(task, words);
        await page.AskAsync();
    }

    /// <summary>Nothing has to be scrolled sideways.</summary>
    public static async Task AssertFitsAsync(this IPage page) =>
        Assert.Equal(0, await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"));

    public static Task<RgbImage> SavePictureAsync(this IPage page) => page.SaveAsync("#save-picture", bytes => ImageFile.Decode(bytes, "The saved picture"));

    public static Task<JsonElement> SaveJsonAsync(this IPage page) => page.SaveAsync("#save-json", bytes => JsonDocument.Parse(bytes).RootElement);

    private static async Task<T> SaveAsync<T>(this IPage page, string button, Func<byte[], T> read)
    {
        IDownload download = await page.RunAndWaitForDownloadAsync(() => page.ClickAsync(button));
        return read(await File.ReadAllBytesAsync(await download.PathAsync()));
    }

    private static RgbImage White()
    {
        byte[] pixels = new byte[3 * PictureWidth * PictureHeight];
        Array.Fill(pixels, byte.MaxValue);
        return new RgbImage(PictureWidth, PictureHeight, pixels);
    }
}
