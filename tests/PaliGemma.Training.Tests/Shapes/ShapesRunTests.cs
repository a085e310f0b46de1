using PaliGemma.Configuration;
using PaliGemma.Data.Shapes;
using PaliGemma.Generation;
using PaliGemma.Tests;
using PaliGemma.Training.Cli.Shapes;

namespace PaliGemma.Training.Tests.Shapes;

public sealed class ShapesRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("recipe.json", 112)]
    [InlineData("recipe-2.json", null)]
    [InlineData("recipe-3.json", null)]
    [InlineData("recipe-4.json", null)]
    public void The_recipes_of_the_repository_are_some(string file, int? imageSize)
    {
        ShapesRecipe recipe = ShapesRecipe.Load(Goldens.Path("..", "..", "models", "shapes", file), goesOn: imageSize is null);
        Assert.All(recipe.Stages, stage => Assert.NotNull(stage.Tasks));
        Assert.Equal(imageSize, recipe.Model?.ImageSize);
        Assert.All(recipe.Stages, stage => Assert.InRange(stage.Scenes.MostShapes, stage.Scenes.FewestShapes, 6));
    }

    [Theory]
    [InlineData("{}", "is no recipe that can be read")]
    [InlineData("null", "holds null")]
    [InlineData("{ \"sede\": 1 }", "sede")]
    public void Anything_else_is_refused_in_one_sentence(string content, string expected)
    {
        string path = _folder.Write("recipe.json", System.Text.Encoding.UTF8.GetBytes(content));
        string message = Assert.Throws<ModelFileException>(() => ShapesRecipe.Load(path, goesOn: false)).Message;
        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"imageSize\": 112", "\"imageSize\": 113", "model.imageSize is 113; expected a multiple of 14 up to 896.")]
    [InlineData("\"hiddenSize\": 128", "\"hiddenSize\": 130", "model.tower.hiddenSize is 130; expected a multiple of 4 and of twice the 4 heads.")]
    [InlineData("\"mostShapes\": 3", "\"mostShapes\": 7", "stages[0].scenes.mostShapes is out of its range; expected 1 to 6.")]
    [InlineData("\"batchSize\": 64", "\"batchSize\": 0", "patches.batchSize is out of its range")]
    [InlineData("\"caption\": 3", "\"caption\": 0", "stages[0].tasks is out of its range")]
    [InlineData("\"stages\": [", "\"stages\": [ null,", "stages[0] is null; expected a stage.")]
    public void A_value_out_of_its_range_is_named(string right, string wrong, string expected)
    {
        string recipe = File.ReadAllText(Goldens.Path("..", "..", "models", "shapes", "recipe.json"));
        Assert.Contains(right, recipe, StringComparison.Ordinal);
        string path = _folder.Write("recipe.json", System.Text.Encoding.UTF8.GetBytes(recipe.Replace(right, wrong, StringComparison.Ordinal)));
        Assert.Contains($"{path}: {expected}", Assert.Throws<ModelFileException>(() => ShapesRecipe.Load(path, goesOn: false)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("recipe.json", true, "model is given; expected none where a run goes on from one (--start).")]
    [InlineData("recipe-2.json", false, "model is missing; expected its sizes, or a model that the run goes on from (--start).")]
    public void A_recipe_either_makes_a_model_or_goes_on_from_one(string file, bool goesOn, string expected)
    {
        string path = Goldens.Path("..", "..", "models", "shapes", file);
        Assert.Equal($"{path}: {expected}", Assert.Throws<ModelFileException>(() => ShapesRecipe.Load(path, goesOn)).Message);
    }

    [Fact]
    public void A_run_that_is_stopped_goes_on_and_ends_as_one_that_is_not()
    {
        string whole = Run("whole", stopAfter: int.MaxValue);
        for (int stop = 0; stop < 2; stop++)
        {
            Assert.ThrowsAny<OperationCanceledException>(() => Run("stopped", stopAfter: 1));
        }
        string stopped = Run("stopped", stopAfter: int.MaxValue);
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "model.safetensors")), File.ReadAllBytes(Path.Combine(stopped, "model.safetensors")));
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "vae-oid.npz")), File.ReadAllBytes(Path.Combine(stopped, "vae-oid.npz")));
        using PaliGemmaPipeline model = PaliGemmaPipeline.Load(whole);
        Scene scene = new SceneGenerator(5, new SceneOptions { WordShare = 0 }).Draw(0);
        Assert.Equal(3, model.Model.Config.Text.LayerCount);
        Assert.NotNull(model.Generate([scene.Image], "caption en", new GenerationOptions { MaxNewTokens = 3 }).Text);
    }

    [Fact]
    public void A_run_goes_on_from_the_model_of_another_one_and_leaves_it_as_it_is()
    {
        string first = Run("first", stopAfter: int.MaxValue);
        byte[] weights = File.ReadAllBytes(Path.Combine(first, "model.safetensors"));
        string more = Run("more", stopAfter: int.MaxValue, start: first);
        Assert.Equal(weights, File.ReadAllBytes(Path.Combine(first, "model.safetensors")));
        Assert.NotEqual(weights, File.ReadAllBytes(Path.Combine(more, "model.safetensors")));
        Assert.Equal(File.ReadAllBytes(Path.Combine(first, "vae-oid.npz")), File.ReadAllBytes(Path.Combine(more, "vae-oid.npz")));
        Assert.True(Directory.Exists(Path.Combine(more, "stage-2")));
        Assert.False(Directory.Exists(Path.Combine(more, "start")));
        Assert.Equal((1, 2), (PaliGemmaConfig.Load(first).Vision.LayerCount, PaliGemmaConfig.Load(more).Vision.LayerCount));
    }

    [Fact]
    public void A_model_without_mask_autoencoder_is_refused_before_anything_is_trained()
    {
        string first = Run("first", stopAfter: int.MaxValue);
        File.Delete(Path.Combine(first, "vae-oid.npz"));
        string message = Assert.Throws<ModelFileException>(() => Run("more", stopAfter: int.MaxValue, start: first)).Message;
        Assert.StartsWith($"{Path.Combine(first, "vae-oid.npz")} is missing;", message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("more")));
    }

    [Fact]
    public void A_folder_of_anything_else_is_left_as_it_is()
    {
        string first = Run("first", stopAfter: int.MaxValue);
        byte[] weights = File.ReadAllBytes(Path.Combine(first, "model.safetensors"));
        string message = Assert.Throws<IOException>(() => Run("first", stopAfter: int.MaxValue, start: first)).Message;
        Assert.StartsWith($"{first} holds another run (seed 3, from nothing); expected", message, StringComparison.Ordinal);
        Assert.Equal(weights, File.ReadAllBytes(Path.Combine(first, "model.safetensors")));
        Directory.CreateDirectory(_folder.File("mine"));
        _folder.Write("mine/notes.txt", "mine"u8);
        Assert.Contains("is not empty", Assert.Throws<IOException>(() => Run("mine", stopAfter: int.MaxValue)).Message, StringComparison.Ordinal);
        Assert.Equal([_folder.File("mine/notes.txt")], Directory.EnumerateFileSystemEntries(_folder.File("mine")));
    }

    [Fact]
    public void A_collector_that_never_rests_does_no_harm()
    {
        using RestlessCollector collector = new();
        Assert.True(File.Exists(Path.Combine(Run("restless", stopAfter: int.MaxValue), "model.safetensors")));
    }

    /// <summary>Runs the smallest recipe, and stops it when it has told its progress so often.</summary>
    private string Run(string name, int stopAfter, string? start = null)
    {
        StageOptions stage = new(
            Steps: 3, BatchSize: 2, LearningRate: 1e-3, MatrixLearningRate: 0.02, WarmUpSteps: 1, Scenes: new SceneOptions { WordShare = 0, MostShapes = 2 });
        TowerSizes sizes = new(HiddenSize: 16, IntermediateSize: 16, LayerCount: 1, HeadCount: 2);
        ShapesRecipe recipe = new(
            Seed: 3,
            [
                stage with { Tasks = new SceneMixture(1, 1, 0, 1, 0), FreezeImages = true },
                stage with { Tasks = new SceneMixture(1, 1, 0, 1, 1), Spread = 4, AnswerPartWeight = 1, DecoderLayers = 3 },
            ],
            start is null ? new NewModel(ImageSize: 28, sizes, sizes, stage) : null,
            start is null ? stage : stage with { TowerLayers = 2 },
            MixedPrecision: true);
        using CancellationTokenSource source = new();
        int told = 0;
        string folder = _folder.File(name);
        new ShapesRun(recipe, folder, workers: 2, _ =>
        {
            if (++told == stopAfter)
            {
                source.Cancel();
            }
        }, source.Token)
        { Start = start }.Run();
        return folder;
    }
}
