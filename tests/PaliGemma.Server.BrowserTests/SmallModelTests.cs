using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;
using PaliGemma.Data.Shapes;
using PaliGemma.Generation;
using PaliGemma.Imaging;
using PaliGemma.Tasks;
using PaliGemma.Tests;
using static Microsoft.Playwright.Assertions;

namespace PaliGemma.Server.BrowserTests;

/// <summary>The page with a model that was trained: what it says of a picture is what is in the picture.</summary>
[Trait("Category", "Browser")]
[Collection(SharedPage.Name)]
public sealed class SmallModelTests(PageFixture fixture)
{
    private static readonly Scene Scene = new SceneGenerator(
        seed: 2_000_003, new SceneOptions { FewestShapes = 3, WordShare = 0, SmallestSide = 440, LargestSide = 520 }).Draw(39);

    [Fact]
    public Task A_picture_is_described_and_its_things_are_counted() => VisitAsync(async page =>
    {
        await ChooseSceneAsync(page);
        await page.ChooseTaskAsync("Caption");
        await page.AskAsync();
        await Expect(page.Locator("#text")).ToHaveTextAsync("a red circle, a blue square and an orange triangle");
        await page.ChooseTaskAsync("Question", "how many triangles are there?");
        await page.AskAsync();
        await Expect(page.Locator("#text")).ToHaveTextAsync("1");
    });

    [Theory]
    [InlineData("Find")]
    [InlineData("Outline")]
    public Task Boxes_and_shapes_lie_over_the_things_in_the_picture(string task) => VisitAsync(async page =>
    {
        await ChooseSceneAsync(page);
        await page.ChooseTaskAsync(task, "red circle");
        await page.AskAsync();
        JsonElement found = Assert.Single((await page.SaveJsonAsync()).GetProperty("objects").EnumerateArray());
        Assert.Equal("red circle", found.GetProperty("label").GetString());
        SceneShape circle = Assert.Single(Scene.Shapes, shape => shape.Kind == ShapeKind.Circle);
        RgbImage saved = await page.SavePictureAsync();
        (int x, int y) = ((int)(circle.Box.CenterX() * saved.Width), (int)(circle.Box.CenterY() * saved.Height));
        // A box leaves the middle of the circle as it is; a mask covers it.
        Assert.Equal(task == "Find", Pixel(saved, x, y) == Pixel(Scene.Image, x, y));
        Assert.NotEqual(saved.Pixels, Scene.Image.Pixels);
    });

    private static async Task ChooseSceneAsync(IPage page)
    {
        await page.ChooseFileAsync(PngWriter.Encode(Scene.Image), "scene.png");
        await Expect(page.Locator("#about-picture")).ToHaveTextAsync($"scene.png · {Scene.Image.Width} × {Scene.Image.Height}");
    }

    private static int Pixel(RgbImage image, int x, int y)
    {
        ReadOnlySpan<byte> rgb = image.Pixels.AsSpan(3 * ((y * image.Width) + x), 3);
        return (rgb[0] << 16) | (rgb[1] << 8) | rgb[2];
    }

    private async Task VisitAsync(Func<IPage, Task> visit)
    {
        string folder = Goldens.Path("..", "..", "models", "shapes");
        using MaskDecoder masks = MaskDecoder.Load(Path.Combine(folder, "vae-oid.npz"));
        using ServedModel model = new("shapes", PaliGemmaPipeline.Load(folder), new BatchOptions(), masks);
        await using WebApplication app = PaliGemmaServer.Create(new ServerOptions { Port = 0 }, [model]);
        await app.StartAsync();
        await fixture.VisitAsync(visit, address: app.Urls.Single());
        await app.StopAsync();
    }
}

file static class Middle
{
    public static float CenterX(this BoundingBox box) => (box.X1 + box.X2) / 2;

    public static float CenterY(this BoundingBox box) => (box.Y1 + box.Y2) / 2;
}
