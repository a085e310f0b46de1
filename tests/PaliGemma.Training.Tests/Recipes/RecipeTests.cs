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
