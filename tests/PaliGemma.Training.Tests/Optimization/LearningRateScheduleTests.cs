using PaliGemma.Training.Optimization;

namespace PaliGemma.Training.Tests.Optimization;

public class LearningRateScheduleTests
{
    [Fact]
    public void The_rate_rises_in_a_line_and_falls_in_half_a_cosine()
    {
        LearningRateSchedule schedule = new(Steps: 110, WarmUpSteps: 10);
        Assert.Equal(0, schedule.At(0));
        Assert.Equal(0.5, schedule.At(5), 1e-12);
        Assert.Equal(1, schedule.At(10), 1e-12);
        Assert.Equal(0.5, schedule.At(60), 1e-12);
        Assert.Equal(0, schedule.At(110), 1e-12);
        Assert.Equal(0, schedule.At(200), 1e-12);
    }

    [Fact]
    public void Without_warm_up_the_first_step_has_the_full_rate() => Assert.Equal(1, new LearningRateSchedule(Steps: 10, WarmUpSteps: 0).At(0));
}
