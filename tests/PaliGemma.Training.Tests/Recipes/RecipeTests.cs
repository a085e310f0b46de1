using PaliGemma.Training.Recipes;

namespace PaliGemma.Training.Tests.Recipes;

public class RecipeTests
{
    [Fact]
    public void Published_hyper_parameters_are_found_by_name()
    {
        Assert.True(Recipe.TryGet("vqav2-448", out Recipe recipe));
        Assert.Equal((448, 1e-5, 0.0, 10.0, 256), (recipe.ImageSize, recipe.LearningRate, recipe.WeightDecay, recipe.Epochs, recipe.BatchSize));
        Assert.True(Recipe.TryGet("chartqa-224", out recipe));
        Assert.Equal((0.2, 0.1, false), (recipe.LabelSmoothing, recipe.Dropout, recipe.FreezesVision));
        Assert.False(Recipe.TryGet("vqav2-449", out _));
    }

    [Theory]
    [InlineData("coco35l-224")]
    [InlineData("coco35l-448")]
    public void An_epoch_of_coco_in_35_languages_is_of_all_of_them_and_the_run_as_long_as_five_of_one(string name)
    {
        Assert.True(Recipe.TryGet(name, out Recipe recipe));
        Assert.Equal((1e-5, 1e-6, 256, "caption {language}"), (recipe.LearningRate, recipe.WeightDecay, recipe.BatchSize, recipe.Prefix));
        Assert.Equal(5, recipe.Epochs * 35, 1e-12);
    }

    [Fact]
    public void Every_recipe_is_usable()
    {
        Assert.True(Recipe.All.Count > 50);
        Assert.Equal(Recipe.All.Count, Recipe.All.Select(recipe => recipe.Name).Distinct().Count());
        Assert.All(Recipe.All, recipe => new TrainingOptions
        {
            BatchSize = recipe.BatchSize,
            LearningRate = recipe.LearningRate,
            WeightDecay = recipe.WeightDecay,
            Dropout = recipe.Dropout,
        }.Validate());
    }
}
