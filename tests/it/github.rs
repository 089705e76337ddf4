//! The program on GitHub, as the fake one plays it: stories, trust, trouble, what is lost on the way, and what idleness costs.

mod ci;
mod costs;
mod idle;
mod lost;
mod reruns;
mod rivals;
mod sight;
mod stories;
mod trouble;
mod trust;
