using System.Text.Json;
using Microsoft.Playwright;
using PaliGemma.Imaging;
using PaliGemma.Tasks;
using static Microsoft.Playwright.Assertions;

namespace PaliGemma.Server.BrowserTests;

[Trait("Category", "Browser")]
[Collection(SharedPage.Name)]
public sealed class OverlayTests(PageFixture fixture)
{
    private const int White = 0xFFFFFF;

    [Fact]
    public Task A_saved_picture_has_the_box_where_the_model_said() => fixture.VisitAsync(async page =>
    {
        await page.AskAboutPictureAsync("Find", "thing");
        RgbImage saved = await page.SavePictureAsync();
        Assert.Equal((PageActions.PictureWidth, PageActions.PictureHeight), (saved.Width, saved.Height));
        AssertBox(saved, 0, 0, 1, await ColorAsync(page));
    });

    [Theory]
    [InlineData(1280, 1)]
    [InlineData(360, 2)]
    public Task The_screen_shows_the_box_where_the_model_said(int width, int scale) => fixture.VisitAsync(
        async page =>
        {
            await page.AskAboutPictureAsync("Find", "thing");
            await page.Locator("#picture").ScrollIntoViewIfNeededAsync();
            await page.Mouse.MoveAsync(0, 0);
            LocatorBoundingBoxResult place = (await page.Locator("#picture").BoundingBoxAsync())!;
            RgbImage screen = ImageFile.Decode(await page.ScreenshotAsync(), "The screen");
            AssertBox(screen, place.X * scale, place.Y * scale, place.Width * scale / PageActions.PictureWidth, await ColorAsync(page));
        },
        new BrowserNewContextOptions { ViewportSize = new() { Width = width, Height = 800 }, DeviceScaleFactor = scale });

    [Fact]
    public Task A_mask_colours_exactly_the_pixels_that_it_covers() => fixture.VisitAsync(async page =>
    {
        await page.AskAboutPictureAsync("Outline", "thing");
        JsonElement found = (await page.SaveJsonAsync()).GetProperty("objects")[0];
        bool[] mask = RunLengthEncoding
            .Parse(found.GetProperty("mask").GetProperty("counts").GetString(), PageActions.PictureHeight, PageActions.PictureWidth).ToMask();
        RgbImage saved = await page.SavePictureAsync();
        PixelBox inside = Thing();
        int covered = 0;
        int compared = 0;
        for (int y = (int)inside.Y1 + 4; y < (int)inside.Y2 - 4; y++)
        {
            for (int x = (int)inside.X1 + 4; x < (int)inside.X2 - 4; x++)
            {
                bool expected = mask[(y * saved.Width) + x];
                Assert.True(expected == (Pixel(saved, x, y) != White), $"At {x}, {y}");
                covered += expected ? 1 : 0;
                compared++;
            }
        }
        Assert.InRange(covered, 1, compared - 1);
    });

    [Fact]
    public Task Objects_are_hidden_and_shown_one_by_one_and_all_together() => fixture.VisitAsync(async page =>
    {
        await page.AskAboutPictureAsync("Find", "thing; other");
        int color = await ColorAsync(page);
        await Expect(page.Locator("#overlay")).ToHaveAttributeAsync("aria-label", "Drawn over the picture: thing, other");
        await page.Locator("#objects").GetByRole(AriaRole.Checkbox, new() { Name = "thing" }).UncheckAsync();
        await Expect(page.Locator("#overlay")).ToHaveAttributeAsync("aria-label", "Drawn over the picture: other");
        Assert.False(HasColor(await page.SavePictureAsync(), color));
        await page.GetByText("Show all").ClickAsync();
        await page.Mouse.MoveAsync(0, 0);
        Assert.True(HasColor(await page.SavePictureAsync(), color));
        await page.GetByText("Hide all").ClickAsync();
        RgbImage bare = await page.SavePictureAsync();
        Assert.All(bare.Pixels, value => Assert.Equal(byte.MaxValue, value));
    });

    [Fact]
    public Task The_object_under_the_pointer_stands_out_in_the_list_and_the_one_in_the_list_in_the_picture() => fixture.VisitAsync(async page =>
    {
        await page.AskAboutPictureAsync("Find", "thing; other");
        ILocator rows = page.Locator("#objects li");
        await Expect(rows.Nth(0)).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^thing\\s*\\d+%$"));
        LocatorBoundingBoxResult place = (await page.Locator("#picture").BoundingBoxAsync())!;
        BoundingBox thing = ScriptedServer.Place;
        await page.Mouse.MoveAsync(place.X + (place.Width * (thing.X1 + thing.X2) / 2), place.Y + (place.Height * (thing.Y1 + thing.Y2) / 2));
        await Expect(rows.Nth(0)).ToHaveClassAsync("lit");
        await Expect(rows.Nth(1)).Not.ToHaveClassAsync("lit");
        await rows.Nth(1).HoverAsync();
        await Expect(rows.Nth(1)).ToHaveClassAsync("lit");
        // The others are dimmed.
        Assert.False(HasColor(await ScreenAsync(page), await ColorAsync(page)));
    });

    [Fact]
    public Task Nothing_found_is_said_in_words() => fixture.VisitAsync(async page =>
    {
        await page.AskAboutPictureAsync("Find", "unicorn");
        await Expect(page.Locator("#text")).ToHaveTextAsync("Nothing of that was found.");
        await Expect(page.Locator("#objects-place")).ToBeHiddenAsync();
    });

    [Fact]
    public Task The_saved_answer_is_the_servers() => fixture.VisitAsync(async page =>
    {
        await page.AskAboutPictureAsync("Own prompt", "detect thing");
        JsonElement answer = await page.SaveJsonAsync();
        Assert.Equal("detect thing", answer.GetProperty("prompt").GetString());
        Assert.Equal(ObjectText.Format("thing", ScriptedServer.Place), answer.GetProperty("text").GetString());
        Assert.Equal("thing", answer.GetProperty("objects")[0].GetProperty("label").GetString());
        await page.GetByText("The model's own words").ClickAsync();
        await Expect(page.Locator("#raw")).ToHaveTextAsync(answer.GetProperty("text").GetString()!);
    });

    /// <summary>Where the thing is, as its location tokens give it, in pixels of the picture.</summary>
    private static PixelBox Thing()
    {
        BoundingBox place = ScriptedServer.Place;
        return new BoundingBox(Written(place.Y1), Written(place.X1), Written(place.Y2), Written(place.X2))
            .ToPixels(PageActions.PictureWidth, PageActions.PictureHeight);
    }

    private static float Written(float place) => LocationTokens.Decode(LocationTokens.Encode(place));

    /// <summary>Looks at the middle of every edge: a line just inside of it, and the picture on both sides of the line.</summary>
    private static void AssertBox(RgbImage image, float left, float top, float scale, int color)
    {
        PixelBox box = Thing();
        (float x1, float y1, float x2, float y2) = (left + (box.X1 * scale), top + (box.Y1 * scale), left + (box.X2 * scale), top + (box.Y2 * scale));
        (int middleX, int middleY) = ((int)(x1 + x2) / 2, (int)(y1 + y2) / 2);
        foreach ((int edge, int inwards) in new[] { ((int)x1, 1), ((int)x2, -1) })
        {
            AssertLooksLike(color, Pixel(image, edge + inwards, middleY));
            AssertLooksLike(White, Pixel(image, edge - (3 * inwards), middleY));
            AssertLooksLike(White, Pixel(image, edge + (8 * inwards), middleY));
        }
        foreach ((int edge, int inwards) in new[] { ((int)y1, 1), ((int)y2, -1) })
        {
            // Away from the middle: the label's plate is above the box, at its left.
            int x = ((3 * middleX) + (int)x2) / 4;
            AssertLooksLike(color, Pixel(image, x, edge + inwards));
            AssertLooksLike(White, Pixel(image, x, edge + (8 * inwards)));
        }
        AssertLooksLike(White, Pixel(image, middleX, (int)y2 + 3));
    }

    /// <summary>Lines that lie between the screen's pixels are a little paler.</summary>
    private static void AssertLooksLike(int expected, int actual)
    {
        for (int shift = 0; shift < 24; shift += 8)
        {
            Assert.True(Math.Abs(((expected >> shift) & 255) - ((actual >> shift) & 255)) <= 64, $"Expected {expected:X6}, found {actual:X6}");
        }
    }

    private static int Pixel(RgbImage image, int x, int y)
    {
        ReadOnlySpan<byte> pixel = image.Pixels.AsSpan(3 * ((y * image.Width) + x), 3);
        return (pixel[0] << 16) | (pixel[1] << 8) | pixel[2];
    }

    private static bool HasColor(RgbImage image, int color) =>
        Enumerable.Range(0, image.Width * image.Height).Any(at => Pixel(image, at % image.Width, at / image.Width) == color);

    /// <summary>The picture's part of the screen.</summary>
    private static async Task<RgbImage> ScreenAsync(IPage page) =>
        ImageFile.Decode(await page.Locator("#picture").ScreenshotAsync(), "The screen");

    /// <summary>The colour of the first object, as the list beside the picture has it.</summary>
    private static async Task<int> ColorAsync(IPage page)
    {
        string fill = (await page.Locator("#objects rect").First.GetAttributeAsync("fill"))!;
        int[] parts = [.. fill["rgb(".Length..^1].Split(' ').Select(int.Parse)];
        return (parts[0] << 16) | (parts[1] << 8) | parts[2];
    }
}
